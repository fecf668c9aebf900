// One profile: what to show of it, and the flame graph, the table, or the callers and callees.
import { button, el, field, printable } from "../dom";
import { FlameGraph } from "../flame/flame_graph";
import { Analysis, focusOf } from "../profile/analysis";
import type { Tree } from "../profile/tree";
import { baseOf, titleOf, type Entry } from "../shelf";
import { current, go, step, type State } from "../state";
import { format, percent } from "../units";
import { callsView } from "./calls_view";
import { pprofCommand } from "./command";
import { check, menus } from "./controls";
import { emptyText } from "./empty";
import { about, notes } from "./notes";
import { SearchBox } from "./search_box";
import { topTable } from "./top_table";

const kViews: [string, string][] = [["flame", "Flame graph"], ["top", "Table"], ["calls", "Callers and callees"]];

export class ProfileView {
  readonly element = el("div", { class: "profile" });
  private analysis: Analysis | undefined;
  private analysed = "";
  private readonly search = new SearchBox();
  private readonly share = el("output", { class: "share", "aria-live": "polite" });

  constructor(private readonly entry: Entry) {
    this.update(current());
  }

  // Shows a state. With a wrong regular expression it shows what it shows without one, and says so.
  update(state: State): void {
    const wrong = mistakeIn(state.focus);
    const usable = wrong === undefined ? state : { ...state, focus: "" };
    const base = baseOf(this.entry, state.vs);
    const key = JSON.stringify([usable.v, usable.label, usable.focus, usable.only, base?.id]);
    if (key !== this.analysed) this.analysis = new Analysis(this.entry.profile, base?.profile, wanted(usable));
    this.analysed = key;
    this.search.follow(state.focus);
    this.render(usable, base, this.analysis!);
    if (wrong !== undefined) this.share.textContent = `not a regular expression: ${wrong}`;
  }

  private render(state: State, base: Entry | undefined, analysis: Analysis): void {
    const focused = document.activeElement?.getAttribute("data-keep");
    const { selectionStart, selectionEnd } = this.search.box;
    this.element.replaceChildren(
      this.heading(analysis, base), ...this.warning(state, base), menus(state, this.entry, analysis), this.searchBar(state, analysis),
      this.body(state, analysis),
      notes(this.entry, analysis, pprofCommand(this.entry, base, analysis.typeName, state)));
    const again = focused ? this.element.querySelector<HTMLInputElement>(`[data-keep="${focused}"]`) : null;
    again?.focus();
    if (again === this.search.box) again.setSelectionRange(selectionStart, selectionEnd);
  }

  private heading(analysis: Analysis, base: Entry | undefined): HTMLElement {
    const sum = analysis.sums();
    const shown = `${format(sum.total, analysis.unit)} of ${printable(analysis.typeName)}`;
    if (base === undefined) return el("p", { class: "sum" }, `${shown} · ${about(this.entry)}`);
    const change = analysis.tree().total.array[0]!;
    return el("p", { class: "sum" },
      `${change > 0 ? "+" : ""}${format(change, analysis.unit)} of ${printable(analysis.typeName)} since ` +
      `${printable(titleOf(base))}. Width: how much changed. Orange grew, blue shrank.`);
  }

  private warning(state: State, base: Entry | undefined): HTMLElement[] {
    if (state.vs === "" || base !== undefined) return [];
    return [el("p", { role: "status" }, "The profile to compare with is gone; take it again.")];
  }

  private searchBar(state: State, analysis: Analysis): HTMLElement {
    this.share.textContent = state.focus === "" ? "" : this.shareText(analysis);
    return el("div", { class: "bar" }, this.tabs(state), field("Search", this.search.box), this.share,
      check("only", "only these stacks", state),
      ...(state.view === "top" ? [check("own", "only the program's functions", state)] : []));
  }

  private shareText(analysis: Analysis): string {
    const matched = analysis.matched();
    return `${percent(matched, analysis.total)} matches: ${format(matched, analysis.unit)}`;
  }

  private tabs(state: State): HTMLElement {
    const tabs = kViews.map(([view, title]) =>
      button(title, () => go({ view }), { "aria-pressed": String(state.view === view), "data-keep": view }));
    if (state.view === "flame") {
      tabs.push(button("Root below", () => go({ up: !state.up }), { "aria-pressed": String(state.up), "data-keep": "up" }));
    }
    return el("div", { class: "tabs", role: "group", "aria-label": "View" }, ...tabs);
  }

  private body(state: State, analysis: Analysis): HTMLElement {
    const choose = (fn: string) => go({ fn, view: "calls" });
    if (state.view === "top") {
      return topTable(analysis, {
        sort: state.sort, own: state.own, focus: focusOf(state.focus), choose, sortBy: (sort) => go({ sort }),
      });
    }
    if (state.view === "calls") {
      return callsView(analysis, {
        name: state.fn, choose, flame: (tree, up, label) => this.flame(tree, up, label, analysis).element,
      });
    }
    return this.flameBody(state, analysis);
  }

  private flameBody(state: State, analysis: Analysis): HTMLElement {
    const tree = analysis.tree();
    if (tree.isEmpty) return el("p", { class: "empty" }, ...emptyText(state, this.entry, analysis));
    const flame = this.flame(tree, state.up, "Flame graph", analysis);
    if (state.zoom !== "") flame.zoomToName(state.zoom);
    return flame.element;
  }

  private flame(tree: Tree, up: boolean, label: string, analysis: Analysis): FlameGraph {
    const { names, unit, total } = analysis;
    const chosen = button("Callers and callees of it", () => go({ fn: selected, view: "calls" }), { class: "unseen" });
    let selected = "";
    const flame = new FlameGraph(tree, {
      names, up, label: `${label}. Arrow keys move, Enter zooms, Escape shows all.`,
      rootText: "all", isDifference: analysis.isDifference,
      describe: (of, node) => describe(of, node, analysis, unit, total),
      select: (name) => {
        selected = name;
        chosen.classList.toggle("unseen", name === "");
      },
      zoomed: (zoom) => step({ zoom }),
    });
    flame.bar.append(chosen);
    return flame;
  }
}

function describe(tree: Tree, node: number, analysis: Analysis, unit: string, total: number): string {
  const name = node === 0 ? "all" : printable(analysis.names.texts[tree.name.array[node]!]!, 300);
  const value = tree.total.array[node]!;
  const file = node === 0 ? "" : analysis.names.files[tree.name.array[node]!]!;
  return `${name} · ${format(value, unit)} · ${percent(value, total)}${file === "" ? "" : ` · ${printable(file, 200)}`}`;
}

const wanted = (state: State) => ({ type: state.v, label: state.label, focus: state.focus, only: state.only });

function mistakeIn(focus: string): string | undefined {
  try {
    focusOf(focus);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
