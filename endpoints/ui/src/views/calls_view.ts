// Callers and callees of one function: both as flame graphs, and as lists.
import { button, el, printable } from "../dom";
import type { Analysis } from "../profile/analysis";
import type { Tree } from "../profile/tree";
import { format, percent } from "../units";

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

function chooser(analysis: Analysis, options: CallsOptions): HTMLElement {
  const input = el("input", { type: "text", list: "functions", value: options.name, "aria-label": "Function" });
  const known = el("datalist", { id: "functions" });
  for (const text of analysis.names.texts.slice(0, 3000)) known.append(el("option", { value: text.slice(0, 500) }));
  const form = el("form", { class: "bar" }, el("label", { class: "field" }, el("span", {}, "Function"), input), known,
    el("button", { type: "submit" }, "Show"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    options.choose(input.value);
  });
  return form;
}

export function callsView(analysis: Analysis, options: CallsOptions): HTMLElement {
  const view = el("div", {}, chooser(analysis, options));
  if (options.name === "") {
    view.append(el("p", {}, "Choose a function above, in the table, or in the flame graph."));
    return view;
  }
  const name = analysis.names.find(options.name);
  if (name === undefined) {
    view.append(el("p", { role: "status" }, `No stack here has the function ${printable(options.name)}.`));
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
