// One profile: what to show of it, and the flame graph, the table, or the callers and callees.
import { button, el, field, menu, patternBox, printable } from "../dom";
import { FlameGraph } from "../flame/flame_graph";
import { Analysis, focusOf } from "../profile/analysis";
import type { Tree } from "../profile/tree";
import { comparable, entryWith, titleOf, type Entry } from "../shelf";
import { current, go, type State } from "../state";
import { format, percent } from "../units";
import { callsView } from "./calls_view";
import { pprofCommand } from "./command";
import { about, notes } from "./notes";
import { topTable } from "./top_table";

const kViews: [string, string][] = [["flame", "Flame graph"], ["top", "Table"], ["calls", "Callers and callees"]];

export class ProfileView {
  readonly element = el("div", { class: "profile" });
  private analysis: Analysis | undefined;
  private analysed = "";
  private readonly share = el("output", { class: "share", "aria-live": "polite" });

  constructor(private readonly entry: Entry) {
    this.update(current());
  }

  // Shows a state. An error in the regular expression leaves what was there.
  update(state: State): void {
    const base = entryWith(state.vs);
    const key = JSON.stringify([state.v, state.label, state.focus, state.only, state.vs]);
    try {
      if (key !== this.analysed) this.analysis = new Analysis(this.entry.profile, base?.profile, wanted(state));
    } catch (error) {
      this.share.textContent = `not a regular expression: ${(error as Error).message}`;
      if (this.analysis === undefined) this.analysis = new Analysis(this.entry.profile, base?.profile, { ...wanted(state), focus: "" });
      return;
    }
    this.analysed = key;
    this.render(state, base, this.analysis!);
  }

  private render(state: State, base: Entry | undefined, analysis: Analysis): void {
    const focused = document.activeElement?.getAttribute("data-keep");
    this.element.replaceChildren(
      this.heading(analysis, base), this.controls(state, analysis), this.searchBar(state, analysis),
      this.body(state, analysis),
      notes(this.entry, analysis, pprofCommand(this.entry, base, analysis.typeName, state)));
    const again = focused ? this.element.querySelector<HTMLInputElement>(`[data-keep="${focused}"]`) : null;
    again?.focus();
    if (again?.type === "search") again.setSelectionRange(again.value.length, again.value.length);
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

  private controls(state: State, analysis: Analysis): HTMLElement {
    const types: [string, string][] = this.entry.profile.types.map(({ type, unit }) => [type, `${type} (${unit})`]);
    const bar = el("div", { class: "bar" },
      field("Value", keep("v", menu(types, analysis.typeName, (v) => go({ v })))));
    for (const [key, texts] of analysis.labels()) bar.append(this.labelMenu(key, texts, state));
    const others = comparable(this.entry);
    if (others.length > 0) {
      const options = others.map((other): [string, string] => [other.id, titleOf(other)]);
      bar.append(field("Compare with", keep("vs", menu([["", "nothing"], ...options], state.vs, (vs) => go({ vs })))));
    }
    return bar;
  }

  private labelMenu(key: string, texts: string[], state: State): HTMLElement {
    const mine = (label: string) => label.startsWith(`${key}=`);
    const chosen = state.label.find(mine) ?? "";
    const options = texts.slice(0, 1000).map((text): [string, string] => [`${key}=${text}`, text]);
    return field(printable(key, 40), keep(`label ${key}`, menu([["", "all"], ...options], chosen, (label) =>
      go({ label: [...state.label.filter((other) => !mine(other)), ...(label === "" ? [] : [label])] }))));
  }

  private searchBar(state: State, analysis: Analysis): HTMLElement {
    const search = patternBox(state.focus, { "data-keep": "focus" });
    let timer = 0;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => go({ focus: search.value }), 200);
    });
    const only = el("input", { type: "checkbox", "data-keep": "only", onchange: () => go({ only: only.checked }) });
    only.checked = state.only;
    this.share.textContent = state.focus === "" ? "" : this.shareText(analysis);
    return el("div", { class: "bar" }, this.tabs(state), field("Search", search), this.share,
      el("label", { class: "check" }, only, "only these stacks"));
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
        sort: state.sort, focus: focusOf(state.focus), choose, sortBy: (sort) => go({ sort }),
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
    if (tree.isEmpty) return el("p", { class: "empty" }, this.emptyText(state));
    const flame = this.flame(tree, state.up, "Flame graph", analysis);
    if (state.zoom !== "") flame.zoomToName(state.zoom);
    return flame.element;
  }

  private emptyText(state: State): string {
    if (state.label.length > 0 || (state.only && state.focus !== "")) return "No stack is left by the filters.";
    return "The profile has no samples of this value.";
  }

  private flame(tree: Tree, up: boolean, label: string, analysis: Analysis): FlameGraph {
    const { names, unit, total } = analysis;
    const chosen = button("Callers and callees of it", () => go({ fn: selected, view: "calls" }), { hidden: true });
    let selected = "";
    const flame = new FlameGraph(tree, {
      names, up, label: `${label}. Arrow keys move, Enter zooms, Escape shows all.`,
      rootText: "all", isDifference: analysis.isDifference,
      describe: (of, node) => describe(of, node, analysis, unit, total),
      select: (name) => {
        selected = name;
        chosen.hidden = name === "";
      },
      zoomed: (zoom) => history.replaceState(null, "", withZoom(zoom)), // no event: it is shown already
    });
    flame.element.append(chosen);
    return flame;
  }
}

function withZoom(zoom: string): string {
  const words = new URLSearchParams(location.hash.slice(1));
  if (zoom === "") words.delete("zoom");
  else words.set("zoom", zoom);
  return `#${words}`;
}

function describe(tree: Tree, node: number, analysis: Analysis, unit: string, total: number): string {
  const name = node === 0 ? "all" : printable(analysis.names.texts[tree.name.array[node]!]!, 300);
  const value = tree.total.array[node]!;
  const file = node === 0 ? "" : analysis.names.files[tree.name.array[node]!]!;
  return `${name} · ${format(value, unit)} · ${percent(value, total)}${file === "" ? "" : ` · ${printable(file, 200)}`}`;
}

const wanted = (state: State) => ({ type: state.v, label: state.label, focus: state.focus, only: state.only });

// The control keeps the focus when the view is drawn anew.
function keep<T extends HTMLElement>(name: string, control: T): T {
  control.setAttribute("data-keep", name);
  return control;
}
