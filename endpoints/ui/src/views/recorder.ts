// Takes a profile now or records one for some seconds, with a bar that counts down, and cancels.
import { button, el, field } from "../dom";
import { isRecorded, kOnlyRecorded, record, type Recorded } from "./recording";

const kAsked: Record<string, string> = {
  profile: "Record CPU time", wall: "Record time of all threads", block: "Record waits for locks",
  mutex: "Record contention of locks",
};

export interface Follower {
  began(): void;
  taken(result: Recorded): void;
  failed(error: unknown): void;
}

export class Recorder {
  readonly element = el("div", { class: "recorder" });
  age = "";
  private follower: Follower | undefined;
  private missed: ((follower: Follower) => void) | undefined; // what ended while nobody followed
  private running: AbortController | undefined;
  private readonly seconds = el("input", {
    type: "number", min: 1, max: 300, value: 10, inputmode: "numeric", required: true, class: "seconds",
  });

  constructor(private readonly name: string) {
    this.offer();
  }

  get isBusy(): boolean {
    return this.running !== undefined;
  }

  // Tells the page that shows it what happens, and what happened while none did: then it is true.
  follow(follower: Follower): boolean {
    this.follower = follower;
    const { missed } = this;
    this.missed = undefined;
    missed?.(follower);
    return missed !== undefined;
  }

  leave(): void {
    this.follower = undefined;
  }

  now(): void {
    void this.run(0);
  }

  private tell(what: (follower: Follower) => void): void {
    if (this.follower === undefined) this.missed = what;
    else what(this.follower);
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
    this.running?.abort();
    const cancel = (this.running = new AbortController());
    const stop = this.showProgress(seconds, cancel);
    this.follower?.began();
    try {
      const result = await record(this.name, seconds, this.age, cancel.signal);
      this.tell((follower) => follower.taken(result));
    } catch (error) {
      if (!cancel.signal.aborted) this.tell((follower) => follower.failed(error));
    } finally {
      stop();
      if (this.running === cancel) this.finish();
    }
  }

  private finish(): void {
    this.running = undefined;
    this.offer();
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

const recorders = new Map<string, Recorder>();

// One for each profile, so that a recording goes on while another page is shown.
export function recorderOf(name: string): Recorder {
  if (!recorders.has(name)) recorders.set(name, new Recorder(name));
  return recorders.get(name)!;
}
