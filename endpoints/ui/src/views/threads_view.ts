// What every thread does: groups of equal stacks, how long they wait, and for whom.
import { getText } from "../api";
import { button, el, field, patternBox, printable } from "../dom";
import { focusOf } from "../profile/analysis";
import { grouped, readDump, type Dump, type Group, type Thread } from "../profile/thread_dump";
import { current, go, type State } from "../state";

const kMostGroups = 500;

function nameOf(tid: string, dump: Dump): string {
  const owner = dump.threads.find((thread) => thread.tid === tid);
  return owner === undefined ? tid : `${tid} "${printable(owner.name)}"`;
}

// One sentence for the lock or other thing that the threads of a group wait for.
function waitsFor(group: Group, dump: Dump): string {
  const all = group.threads.map((thread) => waitOf(thread, dump)).filter((text) => text !== "");
  const different = [...new Set(all)];
  return different.slice(0, 3).join("; ") + (different.length > 3 ? `; and ${different.length - 3} others` : "");
}

function waitOf(thread: Thread, dump: Dump): string {
  if (thread.lock === "") return printable(thread.detail);
  return `lock ${thread.lock}${thread.owner === "" ? "" : `, held by ${nameOf(thread.owner, dump)}`}`;
}

// Files of the C library, of its headers, which clang finds from its own folder on
// (/usr/bin/../lib/gcc/…/include/c++/12/mutex), and modules without lines.
const kOfTheSystem = /^\.\/|^\/usr\/(.*\/)?include\/(c\+\+|x86_64-linux-gnu)\/|\.so[.:]|^\?\?/;
const kNobodys = /^(created by |pprof::interpose::)/;

// The innermost function of the program itself, by which people know a stack.
function summary(group: Group): string {
  const own = group.frames.find((frame, i) => {
    const place = group.places[i];
    return place !== undefined && !kOfTheSystem.test(place) && !kNobodys.test(frame);
  });
  return own ?? group.frames[0] ?? "no stack";
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

function rowOf(group: Group, dump: Dump): HTMLElement {
  const first = group.threads[0]!;
  const names = [...new Set(group.threads.map(({ name }) => name))];
  const state = el("td", {}, printable(group.state));
  if (first.deadlock) state.append(" ", el("strong", { class: "deadlock" }, "[deadlock]"));
  return el("tr", {},
    el("td", { class: "number" }, String(group.threads.length)),
    el("td", {}, printable(names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : ""), 60)),
    state, el("td", { class: "number" }, first.waited), el("td", {}, waitsFor(group, dump)),
    el("td", { class: "name" }, el("details", {}, el("summary", {}, printable(summary(group))),
      stackList(group), threadList(group))));
}

const kHeads: [string, string][] = [["Threads", "number"], ["Names", ""], ["State", ""], ["Longest", "number"],
  ["Waits for", ""], ["Stack", ""]];

export class ThreadsView {
  readonly element = el("div", {}, el("h1", {}, "Threads"));
  private readonly place = el("div");
  private readonly search = patternBox(current().focus);
  private readonly share = el("output", { class: "share", "aria-live": "polite" });
  private dump: Dump | undefined;

  constructor(private readonly failed: (error: unknown) => void) {
    this.search.addEventListener("input", () => go({ focus: this.search.value }));
    this.element.append(
      el("div", { class: "bar" }, button("Look again", () => void this.load(), { class: "now" }),
        field("Search", this.search), this.share),
      this.place);
    void this.load();
  }

  update(_state: State): void {
    this.show();
  }

  private async load(): Promise<void> {
    try {
      this.dump = readDump(await getText("goroutine?debug=2"));
      this.failed(undefined);
      this.show();
    } catch (error) {
      this.failed(error);
    }
  }

  private matching(dump: Dump): Group[] {
    const groups = grouped(dump.threads);
    try {
      const focus = focusOf(this.search.value);
      if (focus === undefined) return groups;
      const texts = (group: Group) => [...group.frames, ...group.places, ...group.threads.map(({ name }) => name)];
      return groups.filter((group) => texts(group).some((text) => text !== undefined && focus.test(text)));
    } catch {
      this.share.textContent = "not a regular expression";
      return groups;
    }
  }

  private show(): void {
    if (this.dump === undefined) return;
    this.share.textContent = "";
    const groups = this.matching(this.dump);
    const count = groups.reduce((sum, group) => sum + group.threads.length, 0);
    const alarms = this.dump.deadlocks.map((text) =>
      el("p", { class: "deadlock" }, `[deadlock] ${printable(text, 1000)}`));
    const head = el("tr", {}, ...kHeads.map(([title, kind]) => el("th", { scope: "col", class: kind }, title)));
    this.place.replaceChildren(
      el("p", { class: "sum" }, `${count} of ${this.dump.threads.length} threads in ${groups.length} groups of equal stacks.`),
      ...alarms,
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Groups of threads" },
        el("table", { class: "groups" }, el("thead", {}, head),
          el("tbody", {}, ...groups.slice(0, kMostGroups).map((group) => rowOf(group, this.dump!))))));
  }
}
