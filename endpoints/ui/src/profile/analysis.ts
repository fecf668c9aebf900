// What the views show of a profile, or of the difference of two.
import type { Profile } from "./decode";
import { neighbourVisit, Sums, type Neighbours } from "./functions";
import { matchingNames, Names, Stacks, type Filter, type Visit } from "./stacks";
import { Tree } from "./tree";

export interface Wanted {
  type: string;
  label: string[]; // "key=value"
  focus: string;
  only: boolean;
}

export function focusOf(text: string): RegExp | undefined {
  return text === "" ? undefined : new RegExp(text);
}

export class Analysis {
  readonly names = new Names();
  readonly unit: string;
  readonly typeName: string;
  readonly total: number; // of all samples; of the base in a difference
  private readonly filter: Filter;
  private readonly now: Stacks;
  private readonly before: Stacks | undefined;
  private wholeTree: Tree | undefined;
  private allSums: Sums | undefined;

  // Errors: throws for a `focus` that is no regular expression.
  constructor(profile: Profile, base: Profile | undefined, private readonly wanted: Wanted) {
    const named = profile.types.findIndex(({ type }) => type === wanted.type);
    const type = named < 0 ? profile.shownFirst : named;
    this.typeName = profile.types[type]!.type;
    this.unit = profile.types[type]!.unit;
    this.now = new Stacks(profile, this.names);
    this.before = base && new Stacks(base, this.names);
    this.filter = { type, label: wanted.label.map(keyAndText), focus: focusOf(wanted.focus) };
    this.total = (this.before ?? this.now).total(type) || this.now.total(type);
  }

  get isDifference(): boolean {
    return this.before !== undefined;
  }

  get nameCount(): number {
    return this.names.texts.length;
  }

  private each(filter: Filter, visit: Visit): void {
    this.now.forEach(filter, visit);
    this.before?.forEach(filter, (frames, begin, end, value) => visit(frames, begin, end, -value));
  }

  private shown(visit: Visit): void {
    this.each(this.wanted.only ? this.filter : { ...this.filter, focus: undefined }, visit);
  }

  // What the search matches, of the samples that the labels leave.
  matched(): number {
    let sum = 0;
    this.each(this.filter, (_frames, _begin, _end, value) => (sum += value));
    return sum;
  }

  // If only matching stacks are shown there is nothing to tell them from.
  private matches(): Uint8Array | undefined {
    const { focus } = this.filter;
    return focus === undefined || this.wanted.only ? undefined : matchingNames(this.names, focus);
  }

  labels(): Map<string, string[]> {
    return this.now.labels();
  }

  tree(): Tree {
    return (this.wholeTree ??= this.makeTree());
  }

  private makeTree(): Tree {
    const tree = new Tree(this.names.frames.array, this.matches());
    this.shown((_frames, begin, end, value) => tree.add(begin, end, value));
    return tree.finish();
  }

  sums(): Sums {
    return (this.allSums ??= this.makeSums());
  }

  private makeSums(): Sums {
    const sums = new Sums(this.nameCount);
    this.shown(sums.visit);
    return sums;
  }


  neighbours(name: number): Neighbours {
    const found: Neighbours = { callers: new Map(), callees: new Map() };
    this.shown(neighbourVisit(name, found));
    return found;
  }

  // Trees that grow from the outermost call of `name`: what it calls, and who calls it.
  calleesTree(name: number): Tree {
    const tree = new Tree(this.names.frames.array, this.matches());
    this.shown((frames, begin, end, value) => {
      const at = frames.subarray(begin, end).indexOf(name);
      if (at >= 0) tree.add(begin + at, end, value);
    });
    return tree.finish();
  }

  callersTree(name: number): Tree {
    const tree = new Tree(this.names.frames.array, this.matches(), -1);
    this.shown((frames, begin, end, value) => {
      const at = frames.subarray(begin, end).indexOf(name);
      if (at >= 0) tree.add(begin + at, begin - 1, value);
    });
    return tree.finish();
  }
}

export function keyAndText(label: string): [string, string] {
  const at = label.indexOf("=");
  return [label.slice(0, at), label.slice(at + 1)];
}
