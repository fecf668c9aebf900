// The menus and boxes above a profile. Each change of one is a change of the address.
import { el, field, menu, printable } from "../dom";
import type { Analysis } from "../profile/analysis";
import { comparable, titleOf, type Entry } from "../shelf";
import { go, type State } from "../state";

// The control keeps the focus when the view is drawn anew.
function keep<T extends HTMLElement>(name: string, control: T): T {
  control.setAttribute("data-keep", name);
  return control;
}

export function check(key: "only" | "own", title: string, state: State): HTMLElement {
  const box = keep(key, el("input", { type: "checkbox", onchange: () => go({ [key]: box.checked }) }));
  box.checked = state[key];
  return el("label", { class: "check" }, box, title);
}

function labelMenu(key: string, texts: string[], state: State): HTMLElement {
  const mine = (label: string) => label.startsWith(`${key}=`);
  const chosen = state.label.find(mine) ?? "";
  const options = texts.slice(0, 1000).map((text): [string, string] => [`${key}=${text}`, text]);
  return field(printable(key, 40), keep(`label ${key}`, menu([["", "all"], ...options], chosen, (label) =>
    go({ label: [...state.label.filter((other) => !mine(other)), ...(label === "" ? [] : [label])] }))));
}

function compareMenu(state: State, entry: Entry): HTMLElement[] {
  const others = comparable(entry).map((other): [string, string] => [other.id, titleOf(other)]);
  const isGone = state.vs !== "" && !others.some(([id]) => id === state.vs);
  const options: [string, string][] = [["", "nothing"], ...others];
  if (isGone) options.push([state.vs, "a profile that is gone"]);
  if (options.length === 1) return [];
  return [field("Compare with", keep("vs", menu(options, state.vs, (vs) => go({ vs }))))];
}

export function menus(state: State, entry: Entry, analysis: Analysis): HTMLElement {
  const types: [string, string][] = entry.profile.types.map(({ type, unit }) => [type, `${type} (${unit})`]);
  return el("div", { class: "bar" },
    field("Value", keep("v", menu(types, analysis.typeName, (v) => go({ v })))),
    ...[...analysis.labels()].map(([key, texts]) => labelMenu(key, texts, state)), ...compareMenu(state, entry));
}
