// The stacks of a profile merged into a tree, for flame graphs. A node is a range of stacks that
// begin alike; its children are made when somebody asks for them, which happens to few of millions.
import { doubles, uints } from "./bytes";

interface Stack {
  begin: number; // index of its first frame
  end: number; // of the one after the last; below `begin` if the frames are taken backwards
  value: number;
  isMatch: boolean; // some frame matches the search
  next: Stack | undefined; // with the same hash
}

export class Tree {
  readonly parent = uints();
  readonly name = uints(); // of the root: none
  readonly depth = uints();
  readonly total = doubles(); // with the children's
  readonly width = doubles(); // sum of the absolute values of its stacks
  readonly start = doubles(); // widths of what is left of it
  private readonly matching = uints(); // 1 if one of its stacks matches
  private readonly from = uints(); // its stacks
  private readonly to = uints();
  private readonly children = new Map<number, Uint32Array>();
  private readonly byHash = new Map<number, Stack>();
  private stacks: Stack[] = [];

  // `matches` has a 1 for each name that the search matches.
  constructor(
    private readonly frames: Uint32Array,
    readonly matches: Uint8Array | undefined,
    private readonly step: 1 | -1 = 1,
  ) {}

  // A stack with the frames from `begin` to before `end`. Equal ones are one, so that in a difference
  // what was there before and after has no width.
  add(begin: number, end: number, value: number): void {
    let hash = 0;
    for (let i = begin; i !== end; i += this.step) hash = (Math.imul(hash, 0x01000193) ^ this.frames[i]!) >>> 0;
    const first = this.byHash.get(hash);
    for (let known = first; known !== undefined; known = known.next) {
      if (this.isEqual(known, begin, end)) return void (known.value += value);
    }
    const stack = { begin, end, value, isMatch: this.hasMatch(begin, end), next: first };
    this.byHash.set(hash, stack);
    this.stacks.push(stack);
  }

  private hasMatch(begin: number, end: number): boolean {
    if (this.matches === undefined) return false;
    for (let i = begin; i !== end; i += this.step) if (this.matches[this.frames[i]!] === 1) return true;
    return false;
  }

  // Whether a stack of the node matches the search, above the node or below it.
  leadsToMatch(node: number): boolean {
    return this.matching.array[node] === 1;
  }

  private isEqual(stack: Stack, begin: number, end: number): boolean {
    if (stack.end - stack.begin !== end - begin) return false;
    for (let i = 0; begin + i !== end; i += this.step) {
      if (this.frames[stack.begin + i] !== this.frames[begin + i]) return false;
    }
    return true;
  }

  // Makes the root. Call it once, after the last stack.
  finish(): this {
    this.byHash.clear();
    this.addNode(0, 0xffffffff, 0, 0, this.stacks.length);
    return this;
  }

  get isEmpty(): boolean {
    return this.width.array[0] === 0;
  }

  private addNode(parent: number, name: number, depth: number, from: number, to: number): number {
    let total = 0;
    let width = 0;
    let matching = 0;
    for (let i = from; i < to; i++) {
      if (this.stacks[i]!.isMatch) matching = 1;
      total += this.stacks[i]!.value;
      width += Math.abs(this.stacks[i]!.value);
    }
    this.matching.push(matching);
    this.parent.push(parent);
    this.name.push(name);
    this.depth.push(depth);
    this.from.push(from);
    this.to.push(to);
    this.total.push(total);
    this.width.push(width);
    this.start.push(0);
    return this.width.length - 1;
  }

  // In order of width.
  childrenOf(node: number): Uint32Array {
    let children = this.children.get(node);
    if (children === undefined) this.children.set(node, (children = this.makeChildren(node)));
    return children;
  }

  private makeChildren(node: number): Uint32Array {
    const from = this.from.array[node]!;
    const depth = this.depth.array[node]!;
    const groups = new Map<number, Stack[]>();
    const ended: Stack[] = [];
    for (const stack of this.stacks.slice(from, this.to.array[node]!)) {
      const at = stack.begin + depth * this.step;
      if (at === stack.end) ended.push(stack);
      else if (groups.has(this.frames[at]!)) groups.get(this.frames[at]!)!.push(stack);
      else groups.set(this.frames[at]!, [stack]);
    }
    let at = this.put(ended, from);
    const made: number[] = [];
    for (const [name, stacks] of groups) {
      const end = this.put(stacks, at);
      made.push(this.addNode(node, name, depth + 1, at, end));
      at = end;
    }
    return this.placed(made, this.start.array[node]!);
  }

  private put(stacks: Stack[], at: number): number {
    for (const stack of stacks) this.stacks[at++] = stack;
    return at;
  }

  private placed(children: number[], start: number): Uint32Array {
    const width = this.width.array;
    children.sort((a, b) => width[b]! - width[a]! || this.name.array[a]! - this.name.array[b]!);
    for (const child of children) {
      this.start.array[child] = start;
      start += width[child]!;
    }
    return Uint32Array.from(children);
  }

  // The widest node with the name, or 0.
  widest(name: number): number {
    let found = 0;
    const waiting = [0];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const child of this.childrenOf(node)) {
        if (found !== 0 && this.width.array[child]! <= this.width.array[found]!) break; // the others are narrower
        if (this.name.array[child] === name) found = child;
        else waiting.push(child);
      }
    }
    return found;
  }
}
