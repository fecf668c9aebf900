// What a profile says about itself: when, how long, comments, and what it does not know.
import { dayAndClock } from "../clock";
import { button, copyButton, el, printable } from "../dom";
import { isStandIn } from "../flame/palette";
import type { Analysis } from "../profile/analysis";
import { timeOf, type Entry } from "../shelf";
import { duration, format, percent } from "../units";
import { fileName, tokenHint } from "./command";

function download(entry: Entry): void {
  const url = URL.createObjectURL(new Blob([entry.bytes as BlobPart], { type: "application/octet-stream" }));
  el("a", { href: url, download: fileName(entry) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

interface StandIn {
  name: number;
  value: number;
}

function list(title: string, standIns: StandIn[], analysis: Analysis): HTMLElement[] {
  const rows = standIns
    .filter(({ value }) => value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, 10)
    .map(({ name, value }) => el("li", {}, el("code", {}, printable(analysis.names.texts[name]!)),
      ` ${format(value, analysis.unit)}, ${percent(value, analysis.total)}`));
  return rows.length === 0 ? [] : [el("p", {}, title), el("ul", { class: "unknown" }, ...rows)];
}

// Code without a name matters where it is the innermost: outer frames of it hide nothing. Stacks that
// were cut off or lost count whole.
function unknown(analysis: Analysis): HTMLElement[] {
  const { flat, cum } = analysis.sums();
  const { names } = analysis;
  const all = names.texts.map((_, name) => name).filter((name) => isStandIn(names.texts[name]!));
  const unnamed = all.filter((name) => names.isModule(name)).map((name) => ({ name, value: flat[name]! }));
  const lost = all.filter((name) => !names.isModule(name)).map((name) => ({ name, value: cum[name]! }));
  return [...list("Innermost frames without a name, by their files:", unnamed, analysis),
    ...list("Stacks that were cut off, not sampled or summed up:", lost, analysis)];
}

export function about(entry: Entry): string {
  const { seconds, sampleCount } = entry.profile;
  const parts = [dayAndClock(timeOf(entry))];
  if (seconds > 0) parts.push(`over ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds)}`);
  parts.push(`${sampleCount} ${sampleCount === 1 ? "stack" : "stacks"}`);
  return parts.join(", ");
}

export function notes(entry: Entry, analysis: Analysis, command: string): HTMLElement {
  const box = el("section", { class: "notes", "aria-label": "About this profile" });
  const missing = unknown(analysis);
  if (missing.length > 0) box.append(el("h2", {}, "Not known"), ...missing);
  if (entry.profile.comments.length > 0) {
    box.append(el("h2", {}, "Comments"),
      el("ul", { class: "comments" }, ...entry.profile.comments.map((text) => el("li", {}, printable(text, 4000)))));
  }
  const line = el("code", { class: "command" }, command);
  box.append(el("h2", {}, "In a terminal"), el("div", { class: "bar" }, line, copyButton(() => command),
    button("Download", () => download(entry), { class: "download" })));
  const hint = tokenHint(command);
  if (hint !== "") box.append(el("p", {}, hint));
  return box;
}
