// How each profile is recorded: what the server is asked for, and how often.
import { take, type Entry } from "../shelf";

// What a profile needs besides `seconds` while it is recorded.
const kWhileRecorded: Record<string, string> = { block: "rate=10us", mutex: "fraction=1" };
export const kOnlyRecorded = ["profile", "wall"];
// The server's `seconds` subtracts totals that only grow. What is there at an instant, such as memory
// in use, it gives as it is at the end, so the page compares two of those.
const kSubtracted = [...kOnlyRecorded, ...Object.keys(kWhileRecorded), "allocs"];

export interface Recorded {
  entry: Entry;
  seconds: number; // 0 for one that was taken at once
  age: string; // least age of its objects
  base: Entry | undefined; // what it is to be compared with
}

// Those that have something to show only after a recording.
export const isRecorded = (name: string): boolean => Object.hasOwn(kWhileRecorded, name) || kOnlyRecorded.includes(name);

function pathOf(name: string, seconds: number, age: string): string {
  const words = seconds === 0 ? [] : [`seconds=${seconds}`];
  if (seconds !== 0 && Object.hasOwn(kWhileRecorded, name)) words.push(kWhileRecorded[name]!);
  if (name === "goroutine") words.push("labels=all"); // to filter by thread and state
  if (age !== "") words.push(`min_age=${encodeURIComponent(age)}`);
  return name + (words.length === 0 ? "" : `?${words.join("&")}`);
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason as Error)));
  });
}

export async function record(name: string, seconds: number, age: string, signal: AbortSignal): Promise<Recorded> {
  const taken = (length: number) => take(name, pathOf(name, length, age), signal);
  if (seconds === 0 || kSubtracted.includes(name)) return { entry: await taken(seconds), seconds, age, base: undefined };
  const base = await taken(0);
  await pause(seconds, signal);
  return { entry: await taken(0), seconds, age, base };
}
