// Decodes profile.proto (github.com/google/pprof/proto/profile.proto) into flat arrays: 100,000
// stacks are a few typed arrays instead of millions of objects.
import { doubles, Reader, uints } from "./bytes";
import { Ids, kUnnamed } from "./ids";

export { kUnnamed };

export interface Label {
  key: string;
  text: string;
}

export interface Profile {
  types: { type: string; unit: string }[];
  shownFirst: number; // index into types
  sampleCount: number;
  values: Float64Array; // sample by sample, one for each type
  frameStart: Uint32Array; // of each sample, and the end of the last
  frames: Uint32Array; // indexes of locations, the leaf first
  labelStart: Uint32Array; // of each sample in labelOf, and the end of the last
  labelOf: Uint32Array; // indexes into labels
  labels: Label[]; // different ones
  lineStart: Uint32Array; // of each location, and the end of the last
  lineFunction: Uint32Array; // index of a function; kUnnamed if the location has none
  module: (string | undefined)[]; // of each location, its file
  functions: { name: string; file: string }[];
  comments: string[];
  time: Date | undefined;
  seconds: number;
  dropFrames: string; // regular expressions for whole names; see Stacks
  keepFrames: string;
}

const kSample = 2;

class Decoder {
  private readonly reader: Reader;
  private readonly strings: string[] = [];
  private readonly utf8 = new TextDecoder();
  private readonly types: [number, number][] = [];
  private readonly values = doubles();
  private readonly frameStart = uints();
  private readonly frames = uints();
  private readonly labelStart = uints();
  private readonly labelOf = uints();
  private readonly labels = new Map<string, number[]>(); // in the order of their indexes
  private readonly labelNumbers = new Map<string, number>();
  private readonly mappings = new Map<number, number>();
  private readonly locations = new Ids();
  private readonly locationMapping: number[] = [];
  private readonly lineStart = uints();
  private readonly lineFunction = doubles(); // ids
  private readonly functionIds = new Ids();
  private readonly functions: number[][] = []; // name and file
  private readonly comments = uints();
  private time = 0;
  private nanos = 0;
  private shownFirst = 0;
  private dropFrames = 0;
  private keepFrames = 0;

  constructor(bytes: Uint8Array) {
    this.reader = new Reader(bytes);
  }

  // Samples come last, when the ids of locations are known.
  run(): Profile {
    const r = this.reader;
    r.message(r.end, (number, wire) => this.field(number, wire));
    if (this.types.length === 0) throw new Error("this is no profile in pprof's format");
    r.at = 0;
    r.message(r.end, (number) => (number === kSample ? this.sample(r.delimited()) : false));
    this.frameStart.push(this.frames.length);
    this.labelStart.push(this.labelOf.length);
    this.lineStart.push(this.lineFunction.length);
    return this.profile();
  }

  private field(number: number, wire: number): boolean | void {
    const r = this.reader;
    switch (number) {
      case 1: return void this.types.push(this.fields(2) as [number, number]);
      case 3: return this.mapping();
      case 4: return this.location(r.delimited());
      case 5: return this.function();
      case 6: return this.string(r.delimited());
      case 7: return void (this.dropFrames = r.number());
      case 8: return void (this.keepFrames = r.number());
      case 9: return void (this.time = r.number());
      case 10: return void (this.nanos = r.number());
      case 13: return r.numbers(wire, this.comments);
      case 14: return void (this.shownFirst = r.number());
      default: return false;
    }
  }

  private string(end: number): void {
    const r = this.reader;
    this.strings.push(this.utf8.decode(r.bytes.subarray(r.at, end)));
    r.at = end;
  }

  // The numbers 1 to `count` of a message that has only numbers there.
  private fields(count: number): number[] {
    const found = new Array<number>(count).fill(0);
    this.reader.message(this.reader.delimited(), (number, wire) => {
      if (number > count || wire !== 0) return false;
      found[number - 1] = this.reader.number();
    });
    return found;
  }

  private sample(end: number): void {
    const r = this.reader;
    const before = this.values.length;
    this.frameStart.push(this.frames.length);
    this.labelStart.push(this.labelOf.length);
    r.message(end, (number, wire) => {
      if (number === 1) this.stack(wire);
      else if (number === 2) r.numbers(wire, this.values);
      else if (number === 3) this.label();
      else return false;
    });
    if (this.values.length - before !== this.types.length) {
      throw new Error("a sample has another number of values than the profile has types");
    }
  }

  private stack(wire: number): void {
    const r = this.reader;
    const end = wire === 0 ? r.at + 1 : r.delimited();
    while (r.at < end) {
      const location = this.locations.indexOf(r.number());
      if (location === kUnnamed) throw new Error("a sample names a location that is not in the profile");
      this.frames.push(location);
    }
  }

  private label(): void {
    const label = this.fields(4);
    const key = label.join();
    let index = this.labelNumbers.get(key);
    if (index === undefined) {
      this.labelNumbers.set(key, (index = this.labels.size));
      this.labels.set(key, label);
    }
    this.labelOf.push(index);
  }

  private mapping(): void {
    const [id, , , , file] = this.fields(5);
    this.mappings.set(id!, file!);
  }

  private location(end: number): void {
    const r = this.reader;
    let mapping = 0;
    const before = this.lineFunction.length;
    this.lineStart.push(before);
    r.message(end, (number) => {
      if (number === 1) this.locations.add(r.number(), this.locationMapping.length);
      else if (number === 2) mapping = r.number();
      else if (number === 4) this.lineFunction.push(this.fields(1)[0]!);
      else return false;
    });
    this.locationMapping.push(mapping);
    if (this.lineFunction.length === before) this.lineFunction.push(0);
  }

  private function(): void {
    const [id, name, , file] = this.fields(4);
    this.functionIds.add(id!, this.functions.length);
    this.functions.push([name!, file!]);
  }

  private text(index: number): string {
    return this.strings[index] ?? "";
  }

  private labelText([key, text, number, unit]: number[]): Label {
    const written = text !== 0 ? this.text(text!) : `${number}${unit === 0 ? "" : ` ${this.text(unit!)}`}`;
    return { key: this.text(key!), text: written };
  }

  private profile(): Profile {
    const types = this.types.map(([type, unit]) => ({ type: this.text(type), unit: this.text(unit) }));
    const shownFirst = types.findIndex(({ type }) => type === this.text(this.shownFirst));
    return {
      types,
      shownFirst: shownFirst < 0 ? types.length - 1 : shownFirst,
      sampleCount: this.frameStart.length - 1,
      values: this.values.take(),
      frameStart: this.frameStart.take(),
      frames: this.frames.take(),
      labelStart: this.labelStart.take(),
      labelOf: this.labelOf.take(),
      labels: [...this.labels.values()].map((label) => this.labelText(label)),
      lineStart: this.lineStart.take(),
      lineFunction: Uint32Array.from(this.lineFunction.take(), (id) => this.functionIds.indexOf(id)),
      module: this.locationMapping.map((id) => this.text(this.mappings.get(id) ?? 0) || undefined),
      functions: this.functions.map(([name, file]) => ({ name: this.text(name!), file: this.text(file!) })),
      comments: [...this.comments.take()].map((index) => this.text(index)),
      time: this.time === 0 ? undefined : new Date(this.time / 1e6),
      seconds: this.nanos / 1e9,
      dropFrames: this.text(this.dropFrames),
      keepFrames: this.text(this.keepFrames),
    };
  }
}

// Errors: throws one with a sentence for people.
export function decode(bytes: Uint8Array): Profile {
  return new Decoder(bytes).run();
}
