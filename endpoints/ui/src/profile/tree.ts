// The stacks of a profile merged into a tree, for flame graphs. Flat arrays; a node's children have
// larger numbers than the node.
import type { Visit } from "./stacks";

const kNone = 0xffffffff;

export class Tree {
  readonly parent: number[] = [kNone];
  readonly name: number[] = [kNone]; // of the root: none
  readonly self: number[] = [0];
  total = new Float64Array(0); // with the children's; after finish()
  width = new Float64Array(0); // sum of the absolute values of what is in it
  firstChild = new Uint32Array(0); // children in order of width
  childCount = new Uint32Array(0);
  children = new Uint32Array(0);
  depth = new Uint16Array(0);
  private readonly numbers = new Map<number, number>(); // of children, by parent and name

  constructor(private readonly nameCount: number) {}

  get size(): number {
    return this.parent.length;
  }

  private child(parent: number, name: number): number {
    const key = parent * this.nameCount + name;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.size);
    this.parent.push(parent);
    this.name.push(name);
    this.self.push(0);
    return this.size - 1;
  }

  // A stack from frames[begin], the root's child, in steps of `step` up to before frames[end].
  add(frames: Uint32Array, begin: number, end: number, step: 1 | -1, value: number): void {
    let node = 0;
    for (let i = begin; i !== end; i += step) node = this.child(node, frames[i]!);
    this.self[node]! += value;
  }

  readonly visit: Visit = (frames, depth, value) => this.add(frames, 0, depth, 1, value);

  // Sums up and orders the children. Call it once, after the last stack.
  finish(): this {
    this.numbers.clear();
    const count = this.size;
    this.total = Float64Array.from(this.self);
    this.width = Float64Array.from(this.self, Math.abs);
    this.childCount = new Uint32Array(count);
    this.depth = new Uint16Array(count);
    for (let node = count - 1; node > 0; node--) {
      const parent = this.parent[node]!;
      this.total[parent]! += this.total[node]!;
      this.width[parent]! += this.width[node]!;
      this.childCount[parent]!++;
    }
    for (let node = 1; node < count; node++) this.depth[node] = this.depth[this.parent[node]!]! + 1;
    this.orderChildren();
    return this;
  }

  private orderChildren(): void {
    const count = this.size;
    this.firstChild = new Uint32Array(count + 1);
    for (let node = 0; node < count; node++) {
      this.firstChild[node + 1] = this.firstChild[node]! + this.childCount[node]!;
    }
    const filled = this.firstChild.slice();
    this.children = new Uint32Array(count - 1);
    for (let node = 1; node < count; node++) this.children[filled[this.parent[node]!]!++] = node;
    for (let node = 0; node < count; node++) {
      if (this.childCount[node]! < 2) continue;
      this.childrenOf(node).sort((a, b) => this.width[b]! - this.width[a]! || a - b);
    }
  }

  childrenOf(node: number): Uint32Array {
    return this.children.subarray(this.firstChild[node]!, this.firstChild[node + 1]!);
  }

  // From the outermost function to the node, without the root.
  path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at !== 0; at = this.parent[at]!) path.unshift(at);
    return path;
  }
}
