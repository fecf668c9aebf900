// A row of the threads view for each group of threads with equal stacks.
import { button, el, printable, type Child } from "../dom";
import { isOwn } from "../profile/own_code";
import type { Dump, Group, Thread } from "../profile/thread_dump";

export interface RowOptions {
  dump: Dump;
  isOpen: boolean;
  toggled(isOpen: boolean): void;
  goTo(tid: string): void; // shows the row of a thread
}

// "4712" as a button that goes to its row; text if the dump lacks the thread.
function linkTo(tid: string, { dump, goTo }: RowOptions): Child {
  const thread = dump.threads.find((one) => one.tid === tid);
  if (thread === undefined) return tid;
  return button(tid, () => goTo(tid), { class: "link", title: `Show ${printable(thread.name, 60)}` });
}

// A sentence in which the numbers of threads are links.
export function withLinks(text: string, options: RowOptions): Child[] {
  return text.split(/(\b\d+\b)/).map((part, i) => (i % 2 === 1 ? linkTo(part, options) : printable(part, 1000)));
}

function waitOf(thread: Thread, options: RowOptions): Child[] {
  if (thread.lock === "") return [printable(thread.detail)];
  if (thread.owner === "") return [`lock ${thread.lock}`];
  const owner = options.dump.threads.find(({ tid }) => tid === thread.owner);
  const name = owner === undefined ? "" : ` "${printable(owner.name)}"`;
  return [`lock ${thread.lock}, held by `, linkTo(thread.owner, options), name];
}

// What the threads of a group wait for, each lock or other thing once.
function waitsFor(group: Group, options: RowOptions): Child[] {
  const waits = group.threads.filter(({ lock, detail }) => lock !== "" || detail !== "");
  const different = [...new Map(waits.map((thread) => [thread.lock + thread.owner + thread.detail, thread])).values()];
  const shown = different.slice(0, 3).flatMap((thread, i) => [i === 0 ? "" : "; ", ...waitOf(thread, options)]);
  return different.length > 3 ? [...shown, `; and ${different.length - 3} others`] : shown;
}

// The innermost function of the program itself, by which people know a stack, and its line.
function summary(group: Group): Child[] {
  const own = group.frames.findIndex((frame, i) => group.places[i] !== undefined && isOwn(frame, group.places[i]));
  const shown = Math.max(own, 0);
  const place = (group.places[shown] ?? "").replace(/^.*\//, "");
  return [printable(group.frames[shown] ?? "no stack"),
    ...(/:[1-9]\d*$/.test(place) ? [" ", el("span", { class: "quiet" }, printable(place, 100))] : [])];
}

function stackList(group: Group): HTMLElement {
  const items = group.frames.map((frame, i) =>
    el("li", {}, el("span", { class: "frame" }, printable(frame)), " ",
      el("span", { class: "quiet" }, printable(group.places[i] ?? "", 300))));
  return el("ol", { class: "stack" }, ...items);
}

function threadList(group: Group): HTMLElement {
  const items = group.threads.slice(0, 200).map((thread) => {
    const facts = [`${thread.tid} "${printable(thread.name)}"`, thread.waited && `waits for ${thread.waited}`,
      thread.cpu && `used ${thread.cpu} of CPU`, printable(thread.labels)];
    return el("li", {}, facts.filter((fact) => fact !== "").join(", "));
  });
  if (group.threads.length > 200) items.push(el("li", {}, `and ${group.threads.length - 200} more`));
  return el("ul", { class: "threads" }, ...items);
}

function namesOf(group: Group): string {
  const names = [...new Set(group.threads.map(({ name }) => name))];
  const text = printable(names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : ""), 60);
  return group.threads.length === 1 ? `${group.threads[0]!.tid} ${text}` : text;
}

export function rowOf(group: Group, options: RowOptions): HTMLElement {
  const first = group.threads[0]!;
  const state = el("td", {}, printable(group.state));
  if (first.deadlock) state.append(" ", el("strong", { class: "deadlock" }, "[deadlock]"));
  const details = el("details", { open: options.isOpen }, el("summary", {}, ...summary(group)),
    stackList(group), threadList(group));
  details.addEventListener("toggle", () => options.toggled(details.open));
  return el("tr", {}, el("td", { class: "number" }, String(group.threads.length)), el("td", {}, namesOf(group)),
    state, el("td", { class: "number" }, first.waited), el("td", {}, ...waitsFor(group, options)),
    el("td", { class: "name" }, details));
}
