// Where the boxes of a flame graph are, in shares of the whole width, for any window of it.
import type { Tree } from "../profile/tree";

export interface Box {
  node: number;
  left: number; // in pixels
  right: number;
  row: number;
}

export interface Window {
  from: number; // in shares of the root's width
  to: number;
}

const kNarrowest = 0.5; // pixels

export class Layout {
  private readonly start: Float64Array; // of each node, in values

  constructor(readonly tree: Tree) {
    this.start = new Float64Array(tree.size);
    for (let node = 0; node < tree.size; node++) {
      let at = this.start[node]!;
      for (const child of tree.childrenOf(node)) {
        this.start[child] = at;
        at += tree.width[child]!;
      }
    }
  }

  private get whole(): number {
    return this.tree.width[0] || 1;
  }

  windowOf(node: number): Window {
    const from = this.start[node]! / this.whole;
    return { from, to: from + (this.tree.width[node]! / this.whole || 1) };
  }

  // The boxes to draw, callers before callees. Narrow ones are left out with all below them.
  *boxes(view: Window, pixels: number): Generator<Box> {
    const scale = pixels / (view.to - view.from);
    const waiting = [0];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const left = (this.start[node]! / this.whole - view.from) * scale;
      const right = left + (this.tree.width[node]! / this.whole) * scale;
      if (right < 0 || left > pixels) continue;
      yield { node, left: Math.max(left, 0), right: Math.min(right, pixels), row: this.tree.depth[node]! };
      for (const child of this.tree.childrenOf(node)) {
        if ((this.tree.width[child]! / this.whole) * scale < kNarrowest) break; // the others are narrower
        waiting.push(child);
      }
    }
  }

  // The node at a share of the width and a row, or undefined.
  nodeAt(share: number, row: number): number | undefined {
    let node = 0;
    while (this.tree.depth[node]! < row) {
      const value = share * this.whole;
      const next = this.tree
        .childrenOf(node)
        .find((child) => value >= this.start[child]! && value < this.start[child]! + this.tree.width[child]!);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  // The node beside, above or below; undefined where there is none.
  neighbour(node: number, direction: "parent" | "child" | "left" | "right"): number | undefined {
    if (direction === "child") return this.tree.childrenOf(node)[0];
    if (node === 0) return undefined;
    const parent = this.tree.parent[node]!;
    if (direction === "parent") return parent;
    const siblings = this.tree.childrenOf(parent);
    return siblings[siblings.indexOf(node) + (direction === "left" ? -1 : 1)];
  }
}
