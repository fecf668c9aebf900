// The process over time: memory, CPU, threads and open files, and the profiles it has.
import type { Listed } from "../api";
import { clock, fromSeconds } from "../clock";
import { el, field, firstSentence, menu, printable } from "../dom";
import { notice } from "../process";
import { current, go, type State } from "../state";
import { column, cpuRate, getHistory, last, type History, type Series } from "../history";
import { duration, format } from "../units";
import { captures } from "./captures";
import { Chart, type ChartOptions } from "./chart";

const kEveryMillis = 5000;
const kNoHistory = "This program keeps no history, so there are no charts. Its profiles are below.";
const kSpans: [string, string][] = [["1", "10 minutes"], ["10", "3 hours"], ["300", "7 days"]];

function bytes(value: number | null): string {
  return value === null ? "not known" : format(value, "bytes");
}

// As many decimals as the step has: rounded numbers would stand at unequal distances.
function exactly(value: number, step: number): string {
  return value.toFixed((String(step).split(".")[1] ?? "").length);
}

const kWhole = Array.from({ length: 24 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3));
const kPowersOfTwo = Array.from({ length: 50 }, (_, i) => 2 ** i);

function memoryWords(history: History, resident: Series, used: Series, free: Series): string {
  const now = last(resident);
  const { limit } = history;
  const share = limit === null || now === null ? "" : `, ${Math.round((now / limit.bytes) * 100)} % of the limit of ${bytes(limit.bytes)} (${limit.source})`;
  return `Resident ${bytes(now)}${share}. In use ${bytes(last(used))}, free in the allocator ${bytes(last(free))}.`;
}

function memory(history: History, span: number): ChartOptions {
  const [resident, used, free] = ["resident_bytes", "in_use_bytes", "free_bytes"].map((name) => column(history, span, name));
  const limit = history.limit?.bytes ?? null;
  const lines = [
    { title: "Resident", values: resident!, colour: "--blue" },
    { title: "In use", values: used!, colour: "--orange" },
    { title: "Free in the allocator", values: free!, colour: "--green", dash: [6, 3] },
  ];
  // A limit far above would make the others a flat line.
  const isNear = limit !== null && limit < 4 * Math.max(...resident!.map((value) => value ?? 0));
  if (isNear) lines.push({ title: "Limit", values: resident!.map(() => limit), colour: "--red", dash: [2, 4] });
  return {
    title: "Memory", times: column(history, span, "time"), lines, marks: history.marks,
    words: memoryWords(history, resident!, used!, free!), format: (value) => format(value, "bytes"),
    steps: kPowersOfTwo,
  };
}

function cpu(history: History, span: number): ChartOptions {
  const times = column(history, span, "time");
  const totals = column(history, span, "cpu_seconds");
  const rate = cpuRate(times, totals);
  const now = last(rate);
  const words = now === null ? "Not known yet." : `${now.toFixed(2)} CPUs in use; ${duration(last(totals) ?? 0)} of CPU time since the start.`;
  return {
    title: "CPU", times, marks: history.marks, words, format: (value) => value.toFixed(2), onAxis: exactly,
    lines: [{ title: "CPUs in use", values: rate, colour: "--blue" }],
  };
}

function count(history: History, span: number, name: string, title: string): ChartOptions {
  const values = column(history, span, name);
  const now = last(values);
  return {
    title, times: column(history, span, "time"), marks: history.marks,
    words: now === null ? "Not known." : `${now} now.`,
    format: String, steps: kWhole, lines: [{ title, values, colour: "--blue" }],
  };
}

function charts(history: History, span: number): ChartOptions[] {
  return [memory(history, span), cpu(history, span), count(history, span, "threads", "Threads"),
    count(history, span, "open_files", "Open files")];
}

function marksList(history: History): HTMLElement[] {
  return history.marks.slice(-20).reverse().map(({ time, kind, text }) =>
    el("li", {}, el("time", {}, clock(fromSeconds(time))), ` ${printable(kind)}: ${printable(text)}`));
}

export class Overview {
  readonly element = el("div", {}, el("h1", {}, "Overview"));
  private readonly summary = el("p", { class: "sum" });
  private readonly place = el("div", { class: "charts" });
  private readonly marks = el("ul", { class: "marks" });
  private readonly status = el("p", { role: "status" });
  private shown: Chart[] = [];
  private readonly spans = menu(kSpans, "1", (span) => go({ span }));
  private span = spanOf(current());
  private hasFailed = false;
  private history: History | undefined;
  private timer = 0;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly restyle = () => this.shown.forEach((chart) => chart.restyle());

  constructor(listed: Listed[], hasHistory: boolean, private readonly say: (error: unknown) => void) {
    this.spans.value = String(this.span);
    this.element.append(this.summary, field("Shown", this.spans), this.status, this.place,
      el("h2", {}, "Marks"), this.marks, captures(say), el("h2", {}, "Profiles"), profileList(listed));
    this.dark.addEventListener("change", this.restyle);
    if (!hasHistory) {
      this.status.textContent = kNoHistory;
      return;
    }
    this.timer = window.setInterval(() => void this.load(), kEveryMillis);
    void this.load();
  }

  update(state: State): void {
    const before = this.span;
    this.span = spanOf(state);
    this.spans.value = String(this.span);
    this.show();
    if (this.span !== before) this.shown.forEach((chart) => chart.reset());
  }

  leave(): void {
    clearInterval(this.timer);
    this.timer = 0; // an answer that is late changes nothing
    this.dark.removeEventListener("change", this.restyle);
  }

  private async load(): Promise<void> {
    if (document.hidden) return;
    try {
      this.history = await getHistory();
      notice(this.history);
      if (this.hasFailed) this.say(undefined);
      this.hasFailed = false;
      this.show();
    } catch (error) {
      if (this.timer !== 0) this.say(error);
      this.hasFailed = true;
    }
  }

  private show(): void {
    const history = this.history;
    if (history === undefined) return;
    this.summary.textContent = `Process ${history.pid}, running for ${duration(history.now - history.started)}.`;
    const wanted = charts(history, this.span);
    wanted.forEach((options, i) => this.shown[i]?.update(options));
    if (this.shown.length === 0) {
      this.shown = wanted.map((options) => new Chart(options));
      this.place.replaceChildren(...this.shown.map(({ element }) => element));
    }
    const items = marksList(history);
    this.marks.replaceChildren(...(items.length > 0 ? items : [el("li", {}, "None yet.")]));
  }
}

// A link may name anything.
function spanOf({ span }: State): number {
  return Number(kSpans.some(([known]) => known === span) ? span : "1");
}

function profileList(listed: Listed[]): HTMLElement {
  const rows = listed.map(({ name, count: number, description }) => el("tr", {},
    el("td", { class: "name" }, el("a", { href: `#p=${encodeURIComponent(name)}` }, printable(name))),
    el("td", { class: "number" }, number), el("td", {}, printable(firstSentence(description), 1000))));
  const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Profile"),
    el("th", { scope: "col", class: "number" }, "Count"), el("th", { scope: "col" }, "What it shows")));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Profiles" },
    el("table", { class: "profiles" }, head, el("tbody", {}, ...rows)));
}
