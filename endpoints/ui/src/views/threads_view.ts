// What every thread does: groups of equal stacks, how long they wait, and for whom.
import { getText } from "../api";
import { clock } from "../clock";
import { button, el, field, printable } from "../dom";
import type { OpenedDump } from "../opened";
import { focusOf } from "../profile/analysis";
import { grouped, readDump, type Dump, type Group } from "../profile/thread_dump";
import { replace, type State } from "../state";
import { SearchBox } from "./search_box";
import { rowOf, withLinks, type RowOptions } from "./thread_rows";

const kMostGroups = 500;
const kHeads: [string, string][] = [["Threads", "number"], ["Names", ""], ["State", ""], ["Longest", "number"],
  ["Waits for", ""], ["Stack", ""]];

const stackOf = (group: Group): string => group.frames.join("\n");

export class ThreadsView {
  readonly element: HTMLElement;
  private readonly place = el("div");
  private readonly search = new SearchBox();
  private readonly share = el("output", { class: "share", "aria-live": "polite" });
  private readonly seen = el("span", { class: "quiet" });
  private readonly open = new Set<string>(); // stacks whose rows are open
  private rows: { group: Group; row: HTMLElement }[] = [];
  private dump: Dump | undefined;

  // Of the program as it is now, or of a dump that was opened.
  constructor(private readonly failed: (error: unknown) => void, opened?: OpenedDump) {
    const again = opened === undefined ? [button("Look again", () => void this.load(), { class: "now" })] : [];
    this.element = el("div", {}, el("h1", {}, opened === undefined ? "Threads" : printable(opened.title)),
      el("div", { class: "bar" }, ...again, this.seen, field("Search", this.search.box), this.share), this.place);
    if (opened === undefined) void this.load();
    else this.showDump(opened);
  }

  private showDump({ text }: OpenedDump): void {
    this.dump = readDump(text);
    this.show();
  }

  update(state: State): void {
    this.search.follow(state.focus);
    this.show();
  }

  private async load(): Promise<void> {
    try {
      this.dump = readDump(await getText("goroutine?debug=2"));
      this.seen.textContent = `Seen at ${clock(new Date())}`;
      this.failed(undefined);
      this.show();
    } catch (error) {
      this.failed(error);
    }
  }

  private matching(dump: Dump): Group[] {
    const groups = grouped(dump.threads);
    try {
      const focus = focusOf(this.search.box.value);
      if (focus === undefined) return groups;
      const texts = (group: Group) => [...group.frames, ...group.places, ...group.threads.map(({ name }) => name)];
      return groups.filter((group) => texts(group).some((text) => text !== undefined && focus.test(text)));
    } catch {
      this.share.textContent = "not a regular expression";
      return groups;
    }
  }

  private optionsOf(group: Group | undefined, dump: Dump): RowOptions {
    const key = group === undefined ? "" : stackOf(group);
    return {
      dump, isOpen: this.open.has(key), goTo: (tid) => this.goTo(tid),
      toggled: (isOpen) => (isOpen ? this.open.add(key) : this.open.delete(key)),
    };
  }

  // Opens the row of a thread and goes there, also if the search hides it.
  private goTo(tid: string): void {
    const find = () => this.rows.find(({ group }) => group.threads.some((thread) => thread.tid === tid));
    if (find() === undefined) {
      this.search.box.value = "";
      replace({ focus: "" });
    }
    const details = find()?.row.querySelector("details");
    if (!details) return;
    details.open = true;
    const summary = details.querySelector("summary")!;
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "center" }); // below the head of the table, which covers its edge
  }

  private show(): void {
    const dump = this.dump;
    if (dump === undefined) return;
    this.share.textContent = "";
    const groups = this.matching(dump);
    const count = groups.reduce((sum, group) => sum + group.threads.length, 0);
    this.rows = groups.slice(0, kMostGroups).map((group) => ({ group, row: rowOf(group, this.optionsOf(group, dump)) }));
    this.place.replaceChildren(
      el("p", { class: "sum" }, `${count} of ${dump.threads.length} threads in ${groups.length} groups of equal stacks.`),
      ...this.alarms(dump), this.table());
  }

  private alarms(dump: Dump): HTMLElement[] {
    return dump.deadlocks.map((text) =>
      el("p", { class: "deadlock" }, "[deadlock] ", ...withLinks(text, this.optionsOf(undefined, dump))));
  }

  private table(): HTMLElement {
    const head = el("tr", {}, ...kHeads.map(([title, kind]) => el("th", { scope: "col", class: kind }, title)));
    return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Groups of threads" },
      el("table", { class: "groups" }, el("thead", {}, head), el("tbody", {}, ...this.rows.map(({ row }) => row))));
  }
}
