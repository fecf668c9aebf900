// Finds the index of an id. Ids are small numbers in nearly all profiles, but may be any.

export const kUnnamed = 0xffffffff; // the index of an id that is not there

const kMostInTable = 1 << 24;

export class Ids {
  private table = new Uint32Array(4096).fill(kUnnamed);
  private readonly large = new Map<number, number>();

  add(id: number, index: number): void {
    if (!(id >= 0 && id < kMostInTable)) return void this.large.set(id, index);
    if (id >= this.table.length) {
      const larger = new Uint32Array(Math.max(id + 1, this.table.length * 2)).fill(kUnnamed);
      larger.set(this.table);
      this.table = larger;
    }
    this.table[id] = index;
  }

  indexOf(id: number): number {
    return this.table[id] ?? this.large.get(id) ?? kUnnamed;
  }
}
