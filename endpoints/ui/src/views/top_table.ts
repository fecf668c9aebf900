// Functions with their flat and cumulative values, sortable.
import { button, el, printable } from "../dom";
import type { Analysis } from "../profile/analysis";
import type { Sums } from "../profile/functions";
import { isOwn } from "../profile/own_code";
import { format, percent } from "../units";

const kFirstRows = 200;

export interface TopOptions {
  sort: string; // "flat", "cum" or "name"
  own: boolean; // without functions of the system's libraries
  focus: RegExp | undefined; // rows that match are marked
  sortBy(column: string): void;
  choose(name: string): void;
}

const kColumns: [key: string, title: string][] = [
  ["flat", "Flat"], ["", "Flat %"], ["cum", "Cum"], ["", "Cum %"], ["name", "Function"],
];

// The functions with a value, in the order of pprof: by size, then by name.
export function ordered(analysis: Analysis, sums: Sums, sort: string): number[] {
  const texts = analysis.names.texts;
  const byName = (a: number, b: number) => (texts[a]! < texts[b]! ? -1 : 1);
  const seen = texts.map((_, name) => name).filter((name) => sums.cum[name] !== 0 || sums.flat[name] !== 0);
  if (sort === "name") return seen.sort(byName);
  const first = sort === "cum" ? sums.cum : sums.flat;
  const second = sort === "cum" ? sums.flat : sums.cum;
  return seen.sort((a, b) =>
    Math.abs(first[b]!) - Math.abs(first[a]!) || Math.abs(second[b]!) - Math.abs(second[a]!) || byName(a, b));
}

function headOf(options: TopOptions): HTMLElement {
  const row = el("tr");
  for (const [key, title] of kColumns) {
    if (key === "") {
      row.append(el("th", { scope: "col", class: "number" }, title));
      continue;
    }
    const sorted = options.sort === key ? (key === "name" ? "ascending" : "descending") : "none";
    row.append(el("th", { scope: "col", "aria-sort": sorted, class: key === "name" ? "" : "number" },
      button(title + (sorted === "none" ? "" : sorted === "ascending" ? " ▲" : " ▼"),
        () => options.sortBy(key), { class: "sort" })));
  }
  return el("thead", {}, row);
}

function rowOf(analysis: Analysis, sums: Sums, name: number, options: TopOptions): HTMLElement {
  const { unit, total, names } = analysis;
  const text = names.texts[name]!;
  const matches = options.focus !== undefined && (options.focus.test(text) || options.focus.test(names.files[name]!));
  const number = (shown: string) => el("td", { class: "number" }, shown);
  return el("tr", { class: matches ? "match" : "" },
    number(format(sums.flat[name]!, unit)), number(percent(sums.flat[name]!, total)),
    number(format(sums.cum[name]!, unit)), number(percent(sums.cum[name]!, total)),
    el("td", { class: "name" },
      button(printable(text), () => options.choose(text), { class: "link", title: "Callers and callees" })));
}

export function topTable(analysis: Analysis, options: TopOptions): HTMLElement {
  const sums = analysis.sums();
  const { texts, files } = analysis.names;
  const order = ordered(analysis, sums, options.sort)
    .filter((name) => !options.own || (isOwn(texts[name]!, files[name]!) && !analysis.names.isModule(name)));
  const body = el("tbody");
  const more = button("", () => show(body.childElementCount + 2000));
  function show(count: number): void {
    const next = order.slice(body.childElementCount, count);
    body.append(...next.map((name) => rowOf(analysis, sums, name, options)));
    more.hidden = body.childElementCount >= order.length;
    more.textContent = `Show more of ${order.length} functions`;
  }
  show(kFirstRows);
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Functions" },
    el("table", { class: "top" }, headOf(options), body), more);
}
