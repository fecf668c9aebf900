// Callers and callees of one function: both as flame graphs, and as lists.
import { button, el, printable } from "../dom";
import type { Analysis } from "../profile/analysis";
import type { Tree } from "../profile/tree";
import { format, percent } from "../units";
import { candidates, functionBox } from "./function_box";

export interface CallsOptions {
  name: string;
  choose(name: string): void;
  flame(tree: Tree, up: boolean, label: string): HTMLElement;
}

function list(title: string, values: Map<number, number>, analysis: Analysis, options: CallsOptions): HTMLElement {
  const rows = [...values].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).map(([name, value]) => {
    const text = analysis.names.texts[name]!;
    return el("tr", {},
      el("td", { class: "number" }, format(value, analysis.unit)),
      el("td", { class: "number" }, percent(value, analysis.total)),
      el("td", { class: "name" }, button(printable(text), () => options.choose(text), { class: "link" })));
  });
  if (rows.length === 0) return el("p", { class: "quiet" }, `${title}: none.`);
  return el("table", { class: "calls" }, el("caption", {}, title), el("tbody", {}, ...rows));
}

export function callsView(analysis: Analysis, options: CallsOptions): HTMLElement {
  const view = el("div", {}, functionBox(options.name, analysis, options.choose));
  if (options.name === "") {
    view.append(el("p", {}, "Choose a function above, in the table, or in the flame graph."));
    return view;
  }
  const name = analysis.names.find(options.name);
  if (name === undefined) {
    view.append(...candidates(options.name, analysis, options.choose));
    return view;
  }
  const { callers, callees } = analysis.neighbours(name);
  const calleesTree = analysis.calleesTree(name);
  const cum = calleesTree.total.array[0]!;
  view.append(
    el("p", { class: "sum" }, `${printable(options.name)}: ${format(cum, analysis.unit)}, ` +
      `${percent(cum, analysis.total)} of the total, with all that it calls.`),
    el("div", { class: "two" }, list("Called by", callers, analysis, options),
      list("Calls", callees, analysis, options)),
    el("h2", {}, "Who calls it"), options.flame(analysis.callersTree(name), true, "Flame graph of the callers"),
    el("h2", {}, "What it calls"), options.flame(calleesTree, false, "Flame graph of the callees"));
  return view;
}
