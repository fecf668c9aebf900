// Takes a profile now or records one for some seconds, with a bar that counts down, and cancels.
import { button, el, field } from "../dom";
import { take, type Entry } from "../shelf";

// What a profile needs besides `seconds` while it is recorded.
const kWhileRecorded: Record<string, string> = { block: "rate=10us", mutex: "fraction=1" };
const kOnlyRecorded = ["profile", "wall"];
const kAsked: Record<string, string> = {
  profile: "Record CPU time", wall: "Record time of all threads", block: "Record waits for locks",
  mutex: "Record contention of locks",
};

// Those that have something to show only after a recording.
export const isRecorded = (name: string): boolean => Object.hasOwn(kWhileRecorded, name) || kOnlyRecorded.includes(name);

function pathOf(name: string, seconds: number): string {
  const words = seconds === 0 ? [] : [`seconds=${seconds}`];
  if (seconds !== 0 && Object.hasOwn(kWhileRecorded, name)) words.push(kWhileRecorded[name]!);
  if (name === "goroutine") words.push("labels=all"); // to filter by thread and state
  return name + (words.length === 0 ? "" : `?${words.join("&")}`);
}

export class Recorder {
  readonly element = el("div", { class: "recorder" });
  private readonly seconds = el("input", {
    type: "number", min: 1, max: 300, value: 10, inputmode: "numeric", required: true, class: "seconds",
  });

  constructor(
    private readonly name: string,
    private readonly taken: (entry: Entry) => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.offer();
  }

  now(): void {
    void this.run(0);
  }

  private offer(): void {
    const form = el("form", { class: "bar" }, field("Seconds", this.seconds),
      el("button", { type: "submit" }, (isRecorded(this.name) ? kAsked[this.name] : undefined) ?? "Record the change"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.run(Number(this.seconds.value));
    });
    if (!kOnlyRecorded.includes(this.name)) form.prepend(button("Take it now", () => this.now(), { class: "now" }));
    this.element.replaceChildren(form);
  }

  private async run(seconds: number): Promise<void> {
    const cancel = new AbortController();
    const stop = this.showProgress(seconds, cancel);
    try {
      this.taken(await take(this.name, pathOf(this.name, seconds), cancel.signal));
    } catch (error) {
      if (!cancel.signal.aborted) this.failed(error);
    } finally {
      stop();
      this.offer();
    }
  }

  // Counts down until the returned function is called.
  private showProgress(seconds: number, cancel: AbortController): () => void {
    const bar = el("progress", { max: seconds || 1, "aria-label": "Progress of the recording" });
    const text = el("span", { role: "status" });
    const begin = performance.now();
    const tick = () => {
      const left = seconds - (performance.now() - begin) / 1000;
      if (seconds > 0) bar.value = Math.max(0, Math.min(seconds, seconds - left));
      const shown = left > 0 ? `${Math.ceil(left)} s left` : "Waiting for the profile";
      if (text.textContent !== shown) text.textContent = shown;
    };
    tick();
    const timer = setInterval(tick, 200);
    this.element.replaceChildren(el("div", { class: "bar" }, bar, text, button("Cancel", () => cancel.abort())));
    return () => clearInterval(timer);
  }
}
