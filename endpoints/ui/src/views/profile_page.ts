// The page of one of the program's profiles: takes it, records it, and shows what was taken last.
import type { Listed } from "../api";
import { clock } from "../clock";
import { el, field, firstSentence, menu, printable } from "../dom";
import { hasEnded, whichProcess } from "../process";
import { newest, timeOf, type Entry } from "../shelf";
import { current, go, put, type State } from "../state";
import { ProfileView } from "./profile_view";
import { recorderOf, type Recorder } from "./recorder";
import { isRecorded, type Recorded } from "./recording";

const kWithAge = ["heap", "holders", "leak"];
const kAges: [string, string][] = [["", "any"], ["1m", "1 minute"], ["10m", "10 minutes"], ["1h", "1 hour"]];

export class ProfilePage {
  readonly element: HTMLElement;
  private readonly place = el("div");
  private readonly when = el("span", { class: "quiet" });
  private readonly ages = menu(kAges, current().age, (age) => go({ age }));
  private readonly recorder: Recorder;
  private entry: Entry | undefined;
  private inner: ProfileView | undefined;

  // With `anew` it takes the profile even if the page has one.
  constructor(private readonly listed: Listed, anew: boolean, private readonly say: (error: unknown) => void) {
    const { name, description } = listed;
    this.recorder = recorderOf(name);
    this.element = el("div", {}, el("h1", {}, printable(name)),
      el("p", { class: "quiet" }, printable(firstSentence(description), 1000)),
      el("div", { class: "bar" }, this.recorder.element, ...this.ageMenu(), this.when), this.place);
    if (this.recorder.isBusy) put({ age: this.recorder.age });
    this.recorder.age = this.age();
    this.show(newest(name, this.recorder.age));
    const hasMissed = this.recorder.follow({
      began: () => this.entry ?? this.place.replaceChildren(),
      taken: (result) => this.taken(result),
      failed: (error) => say(error),
    });
    this.ages.value = this.age();
    this.begin(anew && !hasMissed);
  }

  private begin(anew: boolean): void {
    if (this.entry !== undefined) void whichProcess(); // it may be another one by now
    if (this.recorder.isBusy) return;
    if (!isRecorded(this.listed.name)) {
      if (anew || this.entry === undefined) this.recorder.now();
    } else if (this.entry === undefined) {
      this.place.append(el("p", {}, "Nothing is recorded before you ask for it."));
    }
  }

  update(state: State): void {
    if (this.age() !== this.recorder.age) {
      this.recorder.age = this.age();
      this.recorder.now();
    }
    this.ages.value = this.age();
    this.showTime();
    this.inner?.update(state);
  }

  leave(): void {
    this.recorder.leave();
  }

  // A link may name anything.
  private age(): string {
    const { age } = current();
    return kWithAge.includes(this.listed.name) && kAges.some(([known]) => known === age) ? age : "";
  }

  private ageMenu(): HTMLElement[] {
    if (!kWithAge.includes(this.listed.name)) return [];
    return [field("Older than", this.ages)];
  }

  private taken({ entry, seconds, age, base }: Recorded): void {
    this.say(undefined);
    put(seconds > 0 ? { age, vs: base?.id ?? "" } : { age });
    this.recorder.age = age;
    this.ages.value = age;
    this.show(entry);
  }

  private show(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.entry = entry;
    this.inner = new ProfileView(entry);
    this.place.replaceChildren(this.inner.element);
    this.showTime();
  }

  private showTime(): void {
    if (this.entry === undefined) return;
    const ended = hasEnded(this.entry.process) ? ", of a process that has ended" : "";
    this.when.textContent = `Taken at ${clock(timeOf(this.entry))}${ended}`;
  }
}
