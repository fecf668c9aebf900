// One value type of a profile as stacks of functions, after filters. Functions are told apart by
// name, as `go tool pprof -top` does; inlined functions are frames of their own.
import { kUnnamed, type Profile } from "./decode";

export interface Filter {
  type: number; // index of the value type
  label: [key: string, text: string][]; // a sample must have all
  focus: RegExp | undefined; // some frame's function or file must match
}

// Names by number, shared by the profiles that are compared.
export class Names {
  readonly texts: string[] = [];
  readonly files: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(text: string, file: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    this.files.push(file);
    return this.texts.push(text) - 1;
  }
}

// Calls `visit` with the frames of each sample, the outermost first, in an array that is reused.
export type Visit = (frames: Uint32Array, depth: number, value: number) => void;

function shownName(profile: Profile, location: number, line: number): [string, string] {
  const of = profile.lineFunction[line]!;
  if (of !== kUnnamed) {
    const { name, file } = profile.functions[of]!;
    if (name !== "") return [name, file];
  }
  const module = profile.module[location];
  return [module === undefined ? "<unknown>" : `[${module.replace(/^.*\//, "")}]`, module ?? ""];
}

// The number of the name of each line.
function namesOfLines(profile: Profile, names: Names): Uint32Array {
  const numbers = new Uint32Array(profile.lineFunction.length);
  for (let location = 0; location + 1 < profile.lineStart.length; location++) {
    for (let line = profile.lineStart[location]!; line < profile.lineStart[location + 1]!; line++) {
      numbers[line] = names.numberOf(...shownName(profile, location, line));
    }
  }
  return numbers;
}

function hasLabels(profile: Profile, sample: number, wanted: Filter["label"]): boolean {
  const own = profile.labels.slice(profile.labelStart[sample]!, profile.labelStart[sample + 1]!);
  return wanted.every(([key, text]) => own.some((label) => label.key === key && label.text === text));
}

// For each line whether its function, file or module matches.
function matchingLines(numbers: Uint32Array, names: Names, focus: RegExp): Uint8Array {
  const ofName = names.texts.map((text, i) => (focus.test(text) || focus.test(names.files[i]!) ? 1 : 0));
  const matches = new Uint8Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) matches[i] = ofName[numbers[i]!]!;
  return matches;
}

export class Stacks {
  private readonly lineNames: Uint32Array;

  constructor(readonly profile: Profile, readonly names: Names) {
    this.lineNames = namesOfLines(profile, names);
  }

  forEach(filter: Filter, visit: Visit): void {
    const { profile, lineNames } = this;
    const matches = filter.focus && matchingLines(lineNames, this.names, filter.focus);
    let frames = new Uint32Array(1024);
    for (let sample = 0; sample < profile.sampleCount; sample++) {
      const value = profile.values[sample * profile.types.length + filter.type]!;
      if (value === 0 || (filter.label.length > 0 && !hasLabels(profile, sample, filter.label))) continue;
      let depth = 0;
      let matched = matches === undefined;
      for (let i = profile.frameStart[sample + 1]! - 1; i >= profile.frameStart[sample]!; i--) {
        const location = profile.frames[i]!;
        for (let line = profile.lineStart[location + 1]! - 1; line >= profile.lineStart[location]!; line--) {
          if (depth === frames.length) frames = doubled(frames);
          frames[depth++] = lineNames[line]!;
          matched ||= matches![line] === 1;
        }
      }
      if (matched) visit(frames, depth, value);
    }
  }

  // The values of each label, by key, sorted.
  labels(): Map<string, string[]> {
    const found = new Map<string, Set<string>>();
    for (const { key, text } of this.profile.labels) {
      if (!found.has(key)) found.set(key, new Set());
      found.get(key)!.add(text);
    }
    return new Map([...found].sort().map(([key, texts]) => [key, [...texts].sort()]));
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
