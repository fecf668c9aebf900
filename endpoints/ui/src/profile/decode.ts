// Decodes profile.proto (github.com/google/pprof/proto/profile.proto) into flat arrays: 100,000
// stacks are a few typed arrays instead of millions of objects.
import { Numbers, Reader } from "./bytes";

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
  labelStart: Uint32Array;
  labels: Label[];
  lineStart: Uint32Array; // of each location, and the end of the last
  lineFunction: Uint32Array; // index of a function; kUnnamed if the location has none
  lineNumber: Uint32Array;
  module: (string | undefined)[]; // of each location, its file
  functions: { name: string; file: string }[];
  comments: string[];
  time: Date | undefined;
  seconds: number;
  dropFrames: string;
}

export const kUnnamed = 0xffffffff;

interface RawFunction {
  id: number;
  name: number;
  file: number;
}

class Decoder {
  private readonly reader: Reader;
  private readonly strings: string[] = [];
  private readonly utf8 = new TextDecoder();
  private readonly types: [number, number][] = [];
  private readonly values = new Numbers(new Float64Array(1024));
  private readonly frameStart = new Numbers(new Uint32Array(1024));
  private readonly frames = new Numbers(new Float64Array(8192));
  private readonly labelStart = new Numbers(new Uint32Array(1024));
  private readonly labels: [number, number, number, number][] = [];
  private readonly mappings = new Map<number, number>();
  private readonly locations = new Map<number, number>(); // id to index
  private readonly locationMapping: number[] = [];
  private readonly lineStart = new Numbers(new Uint32Array(1024));
  private readonly lineFunction = new Numbers(new Float64Array(1024));
  private readonly lineNumber = new Numbers(new Uint32Array(1024));
  private readonly functions: RawFunction[] = [];
  private readonly comments: number[] = [];
  private time = 0;
  private nanos = 0;
  private shownFirst = 0;
  private dropFrames = 0;

  constructor(bytes: Uint8Array) {
    this.reader = new Reader(bytes);
  }

  run(): Profile {
    const r = this.reader;
    r.message(r.end, (number, wire) => this.field(number, wire));
    if (this.types.length === 0) throw new Error("this is no profile in pprof's format");
    if (this.values.length !== this.frameStart.length * this.types.length) {
      throw new Error("a sample has another number of values than the profile has types");
    }
    this.frameStart.push(this.frames.length);
    this.labelStart.push(this.labels.length);
    this.lineStart.push(this.lineFunction.length);
    return this.profile();
  }

  private field(number: number, wire: number): boolean | void {
    const r = this.reader;
    switch (number) {
      case 1: return void this.types.push(this.pair());
      case 2: return this.sample(r.delimited());
      case 3: return this.mapping(r.delimited());
      case 4: return this.location(r.delimited());
      case 5: return this.function(r.delimited());
      case 6: return this.string(r.delimited());
      case 7: return void (this.dropFrames = r.number());
      case 9: return void (this.time = r.number());
      case 10: return void (this.nanos = r.number());
      case 13: return r.numbers(wire, (index) => this.comments.push(index));
      case 14: return void (this.shownFirst = r.number());
      default: return false;
    }
  }

  private string(end: number): void {
    const r = this.reader;
    this.strings.push(this.utf8.decode(r.bytes.subarray(r.at, end)));
    r.at = end;
  }

  private pair(): [number, number] {
    const pair: [number, number] = [0, 0];
    this.reader.message(this.reader.delimited(), (number) => {
      if (number > 2) return false;
      pair[number - 1] = this.reader.number();
    });
    return pair;
  }

  private sample(end: number): void {
    const r = this.reader;
    this.frameStart.push(this.frames.length);
    this.labelStart.push(this.labels.length);
    r.message(end, (number, wire) => {
      if (number === 1) r.numbers(wire, (id) => this.frames.push(id));
      else if (number === 2) r.numbers(wire, (value) => this.values.push(value));
      else if (number === 3) this.label(r.delimited());
      else return false;
    });
  }

  private label(end: number): void {
    const label: [number, number, number, number] = [0, 0, 0, 0];
    this.reader.message(end, (number) => {
      if (number > 4) return false;
      label[number - 1] = this.reader.number();
    });
    this.labels.push(label);
  }

  private mapping(end: number): void {
    let id = 0;
    let file = 0;
    this.reader.message(end, (number) => {
      if (number === 1) id = this.reader.number();
      else if (number === 5) file = this.reader.number();
      else return false;
    });
    this.mappings.set(id, file);
  }

  private location(end: number): void {
    const r = this.reader;
    let mapping = 0;
    this.lineStart.push(this.lineFunction.length);
    const before = this.lineFunction.length;
    r.message(end, (number) => {
      if (number === 1) this.locations.set(r.number(), this.locationMapping.length);
      else if (number === 2) mapping = r.number();
      else if (number === 4) this.line(r.delimited());
      else return false;
    });
    this.locationMapping.push(mapping);
    if (this.lineFunction.length === before) {
      this.lineFunction.push(0);
      this.lineNumber.push(0);
    }
  }

  private line(end: number): void {
    let of = 0;
    let at = 0;
    this.reader.message(end, (number) => {
      if (number === 1) of = this.reader.number();
      else if (number === 2) at = this.reader.number();
      else return false;
    });
    this.lineFunction.push(of);
    this.lineNumber.push(at);
  }

  private function(end: number): void {
    const found: RawFunction = { id: 0, name: 0, file: 0 };
    this.reader.message(end, (number) => {
      if (number === 1) found.id = this.reader.number();
      else if (number === 2) found.name = this.reader.number();
      else if (number === 4) found.file = this.reader.number();
      else return false;
    });
    this.functions.push(found);
  }

  private text(index: number): string {
    return this.strings[index] ?? "";
  }

  // Locations and functions by index instead of id.
  private indexes(ids: Float64Array, indexOf: Map<number, number>): Uint32Array {
    const indexes = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) indexes[i] = indexOf.get(ids[i]!) ?? kUnnamed;
    return indexes;
  }

  private frameIndexes(): Uint32Array {
    const frames = this.indexes(this.frames.take(), this.locations);
    if (frames.includes(kUnnamed)) throw new Error("a sample names a location that is not in the profile");
    return frames;
  }

  private labelOf([key, text, number, unit]: [number, number, number, number]): Label {
    const written = text !== 0 ? this.text(text) : `${number}${unit === 0 ? "" : ` ${this.text(unit)}`}`;
    return { key: this.text(key), text: written };
  }

  private profile(): Profile {
    const functionIds = new Map(this.functions.map((found, index) => [found.id, index]));
    const types = this.types.map(([type, unit]) => ({ type: this.text(type), unit: this.text(unit) }));
    const shownFirst = types.findIndex(({ type }) => type === this.text(this.shownFirst));
    return {
      types,
      shownFirst: shownFirst < 0 ? types.length - 1 : shownFirst,
      sampleCount: this.frameStart.length - 1,
      values: this.values.take(),
      frameStart: this.frameStart.take(),
      frames: this.frameIndexes(),
      labelStart: this.labelStart.take(),
      labels: this.labels.map((label) => this.labelOf(label)),
      lineStart: this.lineStart.take(),
      lineFunction: this.indexes(this.lineFunction.take(), functionIds),
      lineNumber: this.lineNumber.take(),
      module: this.locationMapping.map((id) => this.text(this.mappings.get(id) ?? 0) || undefined),
      functions: this.functions.map(({ name, file }) => ({ name: this.text(name), file: this.text(file) })),
      comments: this.comments.map((index) => this.text(index)),
      time: this.time === 0 ? undefined : new Date(this.time / 1e6),
      seconds: this.nanos / 1e9,
      dropFrames: this.text(this.dropFrames),
    };
  }
}

// Errors: throws one with a sentence for people.
export function decode(bytes: Uint8Array): Profile {
  return new Decoder(bytes).run();
}
