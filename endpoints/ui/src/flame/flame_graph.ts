// A flame graph on a canvas: click or Enter zooms, arrows move, Escape zooms out.
import { el, printable } from "../dom";
import type { Names } from "../profile/stacks";
import type { Tree } from "../profile/tree";
import { Layout, type Window } from "./layout";
import { colourOf, colourOfChange, dimmed, matched } from "./palette";
import { shortName } from "./short_name";

export interface FlameOptions {
  names: Names;
  rootText: string;
  up: boolean; // the root below
  isDifference: boolean;
  describe(tree: Tree, node: number): string;
  select(name: string): void;
  zoomed(name: string): void;
  label: string; // for screen readers
}

const kRow = 19; // pixels
const kMostRows = 800; // browsers limit the height of a canvas
const kCharacter = 6.7; // pixels, on average
const kZoomMillis = 160;
const kRest = "#bbb"; // boxes too narrow to tell apart

export class FlameGraph {
  readonly element: HTMLElement;
  // Above the boxes and in sight while they are scrolled: what is chosen, and what can be done with it.
  readonly bar: HTMLElement;
  private readonly canvas = el("canvas");
  private readonly hint = el("div", { class: "hint", hidden: true });
  private readonly said = el("p", { class: "said", "aria-live": "polite" });
  private readonly layout: Layout;
  private readonly colours = new Map<number, string>();
  private view: Window = { from: 0, to: 1 };
  private selected = 0;
  private zoomNode = 0;
  private rows = 1;
  private width = 0;
  private frame = 0;

  constructor(private readonly tree: Tree, private readonly options: FlameOptions) {
    this.layout = new Layout(tree);
    const surface = el("div", {
      class: "flame", tabindex: 0, role: "application", "aria-label": options.label,
      onkeydown: ((event: KeyboardEvent) => this.key(event)) as EventListener,
    }, this.canvas, this.hint);
    this.bar = el("div", { class: "chosen" }, this.said);
    this.element = el("div", {}, this.bar, surface);
    this.canvas.addEventListener("mousemove", (event) => this.hover(event));
    this.canvas.addEventListener("mouseleave", () => (this.hint.hidden = true));
    this.canvas.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.resize(surface.clientWidth)).observe(surface);
    this.say();
  }

  // Zooms to the widest box of the function, if there is one.
  zoomToName(name: string): void {
    const number = this.options.names.find(name);
    this.zoom(number === undefined ? 0 : this.tree.widest(number), false);
    this.options.select(this.selected === 0 ? "" : this.textOf(this.selected));
  }

  private textOf(node: number): string {
    return node === 0 ? this.options.rootText : this.options.names.texts[this.tree.name.array[node]!]!;
  }

  private resize(width: number): void {
    if (width === this.width || width === 0) return;
    this.width = width;
    this.settle();
  }

  // Fits the height to the rows that the window has, and draws.
  private settle(): void {
    let deepest = 0;
    for (const { row } of this.layout.boxes(this.view, this.width)) deepest = Math.max(deepest, row);
    this.rows = Math.min(deepest + 1, kMostRows);
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.rows * kRow * ratio);
    this.canvas.style.height = `${this.rows * kRow}px`;
    this.draw();
  }

  private top(row: number): number {
    return (this.options.up ? this.rows - 1 - row : row) * kRow;
  }

  private draw(): void {
    const pen = this.canvas.getContext("2d")!;
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.clearRect(0, 0, this.width, this.rows * kRow);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    for (const box of this.layout.boxes(this.view, this.width)) {
      if (box.row >= this.rows) continue;
      const width = box.right - box.left;
      const y = this.top(box.row);
      pen.fillStyle = box.isRest ? kRest : this.colour(box.node);
      pen.fillRect(box.left, y, Math.max(width - (width > 3 ? 1 : 0), 0.5), kRow - 1);
      if (width > 24 && !box.isRest) this.write(pen, this.textOf(box.node), box.left + 4, y, width - 8);
      if (box.node === this.selected) this.outline(pen, box.left, y, width);
    }
  }

  private write(pen: CanvasRenderingContext2D, text: string, x: number, y: number, room: number): void {
    const fitting = Math.floor(room / kCharacter);
    const shown = printable(text.length > fitting ? shortName(text) : text, 200);
    pen.fillStyle = "#111";
    const short = shown.length > fitting ? `${shown.slice(0, Math.max(fitting - 1, 1))}…` : shown;
    pen.fillText(short, x, y + kRow / 2, room);
  }

  private outline(pen: CanvasRenderingContext2D, x: number, y: number, width: number): void {
    pen.strokeStyle = "#000";
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), kRow - 3);
  }

  private colour(node: number): string {
    const name = this.tree.name.array[node]!;
    if (this.tree.matches !== undefined && !this.tree.leadsToMatch(node)) return dimmed;
    if (this.tree.matches?.[name] === 1) return matched;
    if (this.options.isDifference) {
      return colourOfChange(this.tree.total.array[node]! / (this.tree.width.array[node]! || 1));
    }
    if (node === 0) return colourOf("[all]");
    let colour = this.colours.get(name);
    if (colour === undefined) this.colours.set(name, (colour = colourOf(this.textOf(node))));
    return colour;
  }

  private nodeAt(event: MouseEvent): number | undefined {
    const at = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - at.top) / kRow);
    const share = this.view.from + ((event.clientX - at.left) / at.width) * (this.view.to - this.view.from);
    return this.layout.nodeAt(share, this.options.up ? this.rows - 1 - row : row);
  }

  private hover(event: MouseEvent): void {
    const node = this.nodeAt(event);
    this.hint.hidden = node === undefined;
    if (node === undefined) return;
    this.hint.textContent = this.options.describe(this.tree, node);
    const room = this.width - this.hint.offsetWidth;
    this.hint.style.left = `${Math.max(0, Math.min(event.offsetX + 12, room))}px`;
    this.hint.style.top = `${event.offsetY + 18}px`;
  }

  private click(event: MouseEvent): void {
    const node = this.nodeAt(event);
    if (node === undefined) return;
    this.choose(node);
    this.zoom(node === this.zoomNode ? 0 : node, true);
  }

  private choose(node: number): void {
    this.selected = node;
    this.say();
    this.draw();
    this.options.select(node === 0 ? "" : this.textOf(node));
  }

  private say(): void {
    this.said.textContent = this.options.describe(this.tree, this.selected);
  }

  private key(event: KeyboardEvent): void {
    const outward = this.options.up ? "ArrowDown" : "ArrowUp";
    const inward = this.options.up ? "ArrowUp" : "ArrowDown";
    const directions = {
      [outward]: "parent", [inward]: "child", ArrowLeft: "left", ArrowRight: "right",
    } as const;
    const direction = directions[event.key as keyof typeof directions];
    if (direction !== undefined) this.choose(this.layout.neighbour(this.selected, direction) ?? this.selected);
    else if (event.key === "Enter") this.zoom(this.selected, true);
    else if (event.key === "Escape") this.zoom(0, true);
    else return;
    event.preventDefault();
  }

  private zoom(node: number, byHand: boolean): void {
    this.zoomNode = node;
    this.selected = node;
    this.say();
    const from = this.view;
    const to = this.layout.windowOf(node);
    if (byHand) this.options.zoomed(node === 0 ? "" : this.textOf(node));
    cancelAnimationFrame(this.frame);
    const still = !byHand || matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) return this.arrive(to);
    const begin = performance.now();
    const step = (now: number) => {
      const done = Math.min(Math.max((now - begin) / kZoomMillis, 0), 1);
      if (done === 1) return this.arrive(to);
      const eased = 1 - (1 - done) ** 3;
      this.view = { from: from.from + (to.from - from.from) * eased, to: from.to + (to.to - from.to) * eased };
      this.draw();
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  private arrive(at: Window): void {
    this.view = at;
    if (this.width > 0) this.settle();
  }
}
