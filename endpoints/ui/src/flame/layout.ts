// Where the boxes of a flame graph are, in shares of the whole width, for any window of it.
import type { Tree } from "../profile/tree";

export interface Box {
  node: number;
  left: number; // in pixels
  right: number;
  row: number;
  isRest: boolean; // the node and its narrower siblings, too narrow to tell apart
}

export interface Window {
  from: number; // in shares of the root's width
  to: number;
}

const kNarrowest = 1.5; // pixels

export class Layout {
  constructor(private readonly tree: Tree) {}

  private get whole(): number {
    return this.tree.width.array[0] || 1;
  }

  private endOf(node: number): number {
    return this.tree.start.array[node]! + this.tree.width.array[node]!;
  }

  windowOf(node: number): Window {
    const from = this.tree.start.array[node]! / this.whole;
    return { from, to: from + (this.tree.width.array[node]! / this.whole || 1) };
  }

  // The boxes to draw, callers before callees. Of those that are too narrow only the first row is
  // drawn, as one box.
  *boxes(view: Window, pixels: number): Generator<Box> {
    const scale = pixels / (view.to - view.from) / this.whole;
    const offset = view.from * this.whole;
    const start = this.tree.start;
    const box = (node: number, end: number, isRest: boolean): Box => {
      const left = Math.max((start.array[node]! - offset) * scale, 0);
      return { node, left, right: Math.min((end - offset) * scale, pixels), row: this.tree.depth.array[node]!, isRest };
    };
    const waiting = [0];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      yield box(node, this.endOf(node), false);
      const children = this.tree.childrenOf(node);
      for (const child of children) {
        if ((start.array[child]! - offset) * scale > pixels) break;
        const isNarrow = this.tree.width.array[child]! * scale < kNarrowest;
        const end = this.endOf(isNarrow ? children[children.length - 1]! : child);
        if ((end - offset) * scale < 0) {
          if (isNarrow) break;
          continue;
        }
        if (isNarrow) yield box(child, end, true);
        if (isNarrow) break; // as are the others
        waiting.push(child);
      }
    }
  }

  // The node at a share of the width and a row, or undefined.
  nodeAt(share: number, row: number): number | undefined {
    let node = 0;
    while (this.tree.depth.array[node]! < row) {
      const value = share * this.whole;
      const next = this.tree
        .childrenOf(node)
        .find((child) => value >= this.tree.start.array[child]! && value < this.endOf(child));
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  // The node beside, above or below; undefined where there is none.
  neighbour(node: number, direction: "parent" | "child" | "left" | "right"): number | undefined {
    if (direction === "child") return this.tree.childrenOf(node)[0];
    if (node === 0) return undefined;
    const parent = this.tree.parent.array[node]!;
    if (direction === "parent") return parent;
    const siblings = this.tree.childrenOf(parent);
    return siblings[siblings.indexOf(node) + (direction === "left" ? -1 : 1)];
  }
}
