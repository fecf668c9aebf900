// What a profile says about itself: when, how long, comments, and what it does not know.
import { dayAndClock } from "../clock";
import { button, copyButton, el, printable } from "../dom";
import { isStandIn } from "../flame/palette";
import type { Analysis } from "../profile/analysis";
import { timeOf, type Entry } from "../shelf";
import { duration, format, percent } from "../units";
import { fileName } from "./command";

function download(entry: Entry): void {
  const url = URL.createObjectURL(new Blob([entry.bytes as BlobPart], { type: "application/octet-stream" }));
  el("a", { href: url, download: fileName(entry) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Frames that stand for code without a name, and for what was truncated or lost.
function unknown(analysis: Analysis): HTMLElement[] {
  const sums = analysis.sums();
  return analysis.names.texts
    .map((text, name) => ({ text, cum: sums.cum[name]! }))
    .filter(({ text, cum }) => cum !== 0 && isStandIn(text))
    .sort((a, b) => Math.abs(b.cum) - Math.abs(a.cum))
    .slice(0, 10)
    .map(({ text, cum }) =>
      el("li", {}, el("code", {}, printable(text)),
        ` ${format(cum, analysis.unit)}, ${percent(cum, analysis.total)}`));
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
  if (missing.length > 0) {
    box.append(el("h2", {}, "Not known"),
      el("p", {}, "Stacks with frames that have no name, were cut off, or were not sampled:"),
      el("ul", { class: "unknown" }, ...missing));
  }
  if (entry.profile.comments.length > 0) {
    box.append(el("h2", {}, "Comments"),
      el("ul", { class: "comments" }, ...entry.profile.comments.map((text) => el("li", {}, printable(text, 4000)))));
  }
  const line = el("code", { class: "command" }, command);
  box.append(el("h2", {}, "In a terminal"), el("div", { class: "bar" }, line, copyButton(() => command),
    button("Download", () => download(entry), { class: "download" })));
  return box;
}
