// Reads protobuf from an array of bytes. Numbers are doubles: exact below 2^53.

export class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array, at = 0, public end = bytes.length) {
    this.at = at;
  }

  // A varint. Negative int64 values have ten bytes.
  number(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++]!;
    if (byte < 0x80) return byte;
    let low = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++]!;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    return this.long(low);
  }

  private long(low: number): number {
    let high = 0;
    let scale = 1;
    for (let i = 0; i < 6; i++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error("the profile ends within a number");
      high += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) break;
    }
    // Bits 28 to 63 are in `high`; the upper half is negative.
    if (high >= 2 ** 35) high -= 2 ** 36;
    return high * 2 ** 28 + low;
  }

  // The end of a length-delimited field that begins here.
  delimited(): number {
    const end = this.number();
    if (!(end >= 0) || this.at + end > this.end) throw new Error("the profile is cut off or not in pprof's format");
    return this.at + end;
  }

  skip(wire: number): void {
    if (wire === 0) this.number();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.at = this.delimited();
    else if (wire === 5) this.at += 4;
    else throw new Error("this is no profile in pprof's format");
  }

  // Calls `field` with each field's number and wire type until `end`. `field` returns false for a
  // field that it did not read.
  message(end: number, field: (number: number, wire: number) => boolean | void): void {
    while (this.at < end) {
      const tag = this.number();
      if (field(tag >>> 3, tag & 7) === false) this.skip(tag & 7);
    }
    if (this.at !== end) throw new Error("this is no profile in pprof's format");
  }

  // A repeated number, packed or not.
  numbers(wire: number, list: Numbers): void {
    if (wire === 0) return list.push(this.number());
    const end = this.delimited();
    while (this.at < end) list.push(this.number());
  }
}

// A list of numbers that grows.
export class Numbers<T extends Float64Array | Uint32Array = Float64Array | Uint32Array> {
  length = 0;
  constructor(public array: T) {}

  push(value: number): void {
    if (this.length === this.array.length) this.grow();
    this.array[this.length++] = value;
  }

  private grow(): void {
    const larger = new (this.array.constructor as Uint32ArrayConstructor)(this.length * 2);
    larger.set(this.array);
    this.array = larger as unknown as T;
  }

  take(): T {
    return this.array.subarray(0, this.length) as T;
  }
}

export const uints = (): Numbers<Uint32Array> => new Numbers(new Uint32Array(4096));
export const doubles = (): Numbers<Float64Array> => new Numbers(new Float64Array(4096));
