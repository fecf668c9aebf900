// The profiles that this page has, in memory only: taken from the program, or opened from files.
import { gunzipped } from "./profile/archive";
import { decode, type Profile } from "./profile/decode";
import { getBytes } from "./api";
import { clock } from "./clock";
import { hasEnded, whichProcess, type Process } from "./process";

export interface Entry {
  id: string; // no other has it, not even on the same page loaded anew: links keep it
  number: number; // on this page, for names of files
  name: string; // of the profile, or of the file
  title: string; // that tells it from others with the same name
  path: string; // that was asked for; empty for files
  capture: string; // of the program, that has the file; or empty
  at: Date; // when the page got it
  bytes: Uint8Array; // as received
  profile: Profile;
  process: Process | undefined; // that it was taken from, if that is known
}

const kMostTaken = 30; // the oldest of those that were taken is forgotten then; files stay
let entries: Entry[] = [];
let lastNumber = 0;
const kThisPage = Date.now().toString(36);

export async function add(
  { name, path = "", capture = "", title = name }: Partial<Entry> & { name: string }, bytes: Uint8Array, process?: Process,
): Promise<Entry> {
  const profile = decode(await gunzipped(bytes));
  const number = ++lastNumber;
  const id = `${kThisPage}.${number}`;
  const entry = { id, number, name, title, path, capture, at: new Date(), bytes, profile, process };
  const forgotten = entries.filter((other) => other.path !== "").slice(0, -kMostTaken)[0];
  const isAgain = (other: Entry) => capture !== "" && placeOf(other) === placeOf(entry);
  entries = [...entries.filter((other) => other !== forgotten && !isAgain(other)), entry];
  return entry;
}

// Takes `path` ("heap?seconds=5") of the profile `name`.
export async function take(name: string, path: string, signal?: AbortSignal): Promise<Entry> {
  const [bytes, process] = await Promise.all([getBytes(path, signal), whichProcess()]);
  return add({ name, path }, bytes, process);
}

// How links name a profile: a file by its number, a file of a capture by names that last.
export function placeOf({ path, name, id, capture }: Entry): string {
  if (path !== "") return name;
  return capture === "" ? `file:${id}` : `capture/${capture}/${name}`;
}

export const entryAt = (place: string): Entry | undefined => entries.filter((entry) => placeOf(entry) === place).pop();

const ageOf = (path: string): string => new URLSearchParams(path.replace(/^[^?]*/, "")).get("min_age") ?? "";

// The last one of objects that are so old at least.
export function newest(name: string, age: string): Entry | undefined {
  return entries.filter((entry) => entry.path !== "" && entry.name === name && ageOf(entry.path) === age).pop();
}

export const newestFile = (): Entry | undefined => entries.filter(({ path }) => path === "").pop();

export const filesOpen = (): Entry[] => entries.filter(({ path }) => path === "");

// Those with the same value types, which it can be compared with.
export function comparable(entry: Entry): Entry[] {
  const types = (of: Entry) => of.profile.types.map(({ type, unit }) => `${type}/${unit}`).join();
  return entries.filter((other) => other !== entry && types(other) === types(entry));
}

// The one to compare with, unless it is gone or has other value types.
export const baseOf = (entry: Entry, vs: string): Entry | undefined => comparable(entry).find(({ id }) => id === vs);

// The profile's own time, if it has one: that of its beginning, by the clock of the program.
export const timeOf = ({ profile, at }: Entry): Date => profile.time ?? at;

export function titleOf(entry: Entry): string {
  if (entry.path === "") return entry.title;
  return `${entry.path}, ${clock(timeOf(entry))}${hasEnded(entry.process) ? ", before the restart" : ""}`;
}
