// Sums for functions: flat and cumulative, and the neighbours of one of them.
import type { Visit } from "./stacks";

export class Sums {
  readonly flat: Float64Array;
  readonly cum: Float64Array;
  total = 0; // of the absolute values, as pprof counts it
  private readonly lastSample: Uint32Array; // that counted this name
  private samples = 0;

  constructor(nameCount: number) {
    this.flat = new Float64Array(nameCount);
    this.cum = new Float64Array(nameCount);
    this.lastSample = new Uint32Array(nameCount);
  }

  readonly visit: Visit = (frames, begin, end, value) => {
    this.total += Math.abs(value);
    if (begin === end) return;
    const sample = ++this.samples;
    this.flat[frames[end - 1]!]! += value;
    for (let i = begin; i < end; i++) {
      const name = frames[i]!;
      if (this.lastSample[name] === sample) continue; // recursion counts once
      this.lastSample[name] = sample;
      this.cum[name]! += value;
    }
  };
}

export interface Neighbours {
  callers: Map<number, number>;
  callees: Map<number, number>;
}

// What passes from each caller to the function `name`, and from it to each callee, as -peek shows
// it: each pair counts once for a sample.
export function neighbourVisit(name: number, found: Neighbours): Visit {
  return (frames, begin, end, value) => {
    const callers = new Set<number>();
    const callees = new Set<number>();
    for (let i = begin; i < end; i++) {
      if (frames[i] !== name) continue;
      if (i > begin && frames[i - 1] !== name) callers.add(frames[i - 1]!);
      if (i + 1 < end && frames[i + 1] !== name) callees.add(frames[i + 1]!);
    }
    for (const caller of callers) found.callers.set(caller, (found.callers.get(caller) ?? 0) + value);
    for (const callee of callees) found.callees.set(callee, (found.callees.get(callee) ?? 0) + value);
  };
}
