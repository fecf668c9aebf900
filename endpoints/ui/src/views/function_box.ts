// A field for a function: it offers those that contain what is typed.
import { button, el, field, printable } from "../dom";
import type { Analysis } from "../profile/analysis";

const kMostOffered = 50;

// The functions of the profile that contain the text, those with the largest values first.
export function containing(text: string, analysis: Analysis): string[] {
  const wanted = text.toLowerCase();
  const { cum } = analysis.sums();
  return analysis.names.texts
    .map((name, number) => ({ name, size: Math.abs(cum[number]!) }))
    .filter(({ name, size }) => size > 0 && name.toLowerCase().includes(wanted))
    .sort((a, b) => b.size - a.size)
    .slice(0, kMostOffered)
    .map(({ name }) => name);
}

export function functionBox(name: string, analysis: Analysis, choose: (name: string) => void): HTMLElement {
  const input = el("input", { type: "text", list: "functions", value: name, "aria-label": "Function" });
  const known = el("datalist", { id: "functions" });
  const offer = () => known.replaceChildren(
    ...containing(input.value, analysis).map((text) => el("option", { value: text.slice(0, 500) })));
  input.addEventListener("input", offer);
  offer();
  const form = el("form", { class: "bar" }, field("Function", input), known,
    el("button", { type: "submit" }, "Show"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(input.value);
  });
  return form;
}

// What to show for a text that is no function's whole name.
export function candidates(text: string, analysis: Analysis, choose: (name: string) => void): HTMLElement[] {
  const found = containing(text, analysis);
  const none = el("p", { role: "status" }, `No stack here has the function ${printable(text)}.`);
  if (found.length === 0) return [none];
  return [none, el("p", {}, "These contain it:"), el("ul", {}, ...found.map((name) =>
    el("li", {}, button(printable(name), () => choose(name), { class: "link" }))))];
}
