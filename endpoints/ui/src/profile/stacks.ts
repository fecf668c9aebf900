// One value type of a profile as stacks of functions, after filters. Functions are told apart by
// name, as `go tool pprof -top` does; inlined functions are frames of their own.
import { uints } from "./bytes";
import { kUnnamed, type Profile } from "./decode";

export interface Filter {
  type: number; // index of the value type
  label: [key: string, text: string][]; // a sample must have all
  focus: RegExp | undefined; // some frame's function or file must match
}

// Numbers for names, and the frames of all stacks; shared by the profiles that are compared.
export class Names {
  readonly texts: string[] = [];
  readonly files: string[] = [];
  readonly frames = uints(); // stack by stack, the outermost function first
  private readonly numbers = new Map<string, number>();

  numberOf(text: string, file: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    this.files.push(file);
    return this.texts.push(text) - 1;
  }

  // Whether the name stands for code of a file that has no name.
  isModule(name: number): boolean {
    const text = this.texts[name]!;
    return text === "<unknown>" || text === moduleName(this.files[name]!);
  }

  find(text: string): number | undefined {
    return this.numbers.get(text);
  }
}

// Is called with the frames from `begin` to `end` of names.frames for each sample.
export type Visit = (frames: Uint32Array, begin: number, end: number, value: number) => void;

const moduleName = (file: string): string => `[${file.replace(/^.*\//, "")}]`;

// The name of a frame, and its file: of the source, or else of the program or library.
function shownName(profile: Profile, location: number, line: number): [string, string] {
  const of = profile.lineFunction[line]!;
  const module = profile.module[location] ?? "";
  if (of !== kUnnamed) {
    const { name, file } = profile.functions[of]!;
    if (name !== "") return [name, file || module];
  }
  return [module === "" ? "<unknown>" : moduleName(module), module];
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

export class Stacks {
  private readonly start: Uint32Array; // of each sample in names.frames, and the end of the last

  constructor(readonly profile: Profile, private readonly names: Names) {
    this.start = new Uint32Array(profile.sampleCount + 1);
    this.flatten(namesOfLines(profile, names));
  }

  private flatten(lineNames: Uint32Array): void {
    const { frames, frameStart, lineStart, sampleCount } = this.profile;
    const all = this.names.frames;
    const dropped = droppedNames(this.profile, this.names);
    for (let sample = 0; sample < sampleCount; sample++) {
      this.start[sample] = all.length;
      for (let i = frameStart[sample + 1]! - 1; i >= frameStart[sample]!; i--) {
        const location = frames[i]!;
        for (let line = lineStart[location + 1]! - 1; line >= lineStart[location]!; line--) all.push(lineNames[line]!);
      }
      if (dropped !== undefined) all.length = cut(all.array, this.start[sample]!, all.length, dropped);
    }
    this.start[sampleCount] = all.length;
  }

  value(sample: number, type: number): number {
    return this.profile.values[sample * this.profile.types.length + type]!;
  }

  // Of the absolute values, as pprof counts it.
  total(type: number): number {
    let sum = 0;
    for (let sample = 0; sample < this.profile.sampleCount; sample++) sum += Math.abs(this.value(sample, type));
    return sum;
  }

  forEach(filter: Filter, visit: Visit): void {
    const frames = this.names.frames.array;
    const matches = filter.focus && matchingNames(this.names, filter.focus);
    const labels = this.labelFilter(filter.label);
    for (let sample = 0; sample < this.profile.sampleCount; sample++) {
      const value = this.value(sample, filter.type);
      if (value === 0 || !labels(sample)) continue;
      const begin = this.start[sample]!;
      const end = this.start[sample + 1]!;
      if (matches === undefined || hasMatch(frames, begin, end, matches)) visit(frames, begin, end, value);
    }
  }

  private labelFilter(wanted: Filter["label"]): (sample: number) => boolean {
    if (wanted.length === 0) return () => true;
    const { labels, labelOf, labelStart } = this.profile;
    const numbers = wanted.map(([key, text]) => labels.findIndex((label) => label.key === key && label.text === text));
    return (sample) => {
      const own = labelOf.subarray(labelStart[sample]!, labelStart[sample + 1]!);
      return numbers.every((number) => own.includes(number));
    };
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

// For each name whether the profile says that its frames, and those they call, are of no interest.
function droppedNames({ dropFrames, keepFrames }: Profile, names: Names): Uint8Array | undefined {
  const drop = wholeName(dropFrames);
  if (drop === undefined) return undefined;
  const keep = wholeName(keepFrames);
  return Uint8Array.from(names.texts, (text) => (drop.test(text) && !keep?.test(text) ? 1 : 0));
}

function wholeName(expression: string): RegExp | undefined {
  try {
    return expression === "" ? undefined : new RegExp(`^(?:${expression})$`);
  } catch {
    return undefined; // of another dialect: all frames are shown
  }
}

// The end of a stack before its first dropped frame. As in pprof, dropped frames at the root stay.
function cut(frames: Uint32Array, begin: number, end: number, dropped: Uint8Array): number {
  let i = begin;
  while (i < end && dropped[frames[i]!] === 1) i++;
  if (i === end) return end;
  while (i < end && dropped[frames[i]!] === 0) i++;
  return i;
}

// For each name whether it or its file matches.
export function matchingNames(names: Names, focus: RegExp): Uint8Array {
  return Uint8Array.from(names.texts, (text, i) => (focus.test(text) || focus.test(names.files[i]!) ? 1 : 0));
}

function hasMatch(frames: Uint32Array, begin: number, end: number, matches: Uint8Array): boolean {
  for (let i = begin; i < end; i++) if (matches[frames[i]!] === 1) return true;
  return false;
}
