// The profiles that this page has, in memory only: taken from the program, or opened from files.
import { gunzipped, profilesIn, type NamedBytes } from "./profile/archive";
import { decode, type Profile } from "./profile/decode";
import { getBytes } from "./api";

export interface Entry {
  id: number;
  name: string; // of the profile, or of the file
  path: string; // that was asked for; empty for files
  at: Date;
  bytes: Uint8Array; // as received
  profile: Profile;
}

const kMostTaken = 30; // the oldest of those that were taken is forgotten then; files stay
let entries: Entry[] = [];
let lastId = 0;

async function add(name: string, path: string, bytes: Uint8Array): Promise<Entry> {
  const profile = decode(await gunzipped(bytes));
  const entry = { id: ++lastId, name, path, at: new Date(), bytes, profile };
  const forgotten = entries.filter((other) => other.path !== "").slice(0, -kMostTaken)[0];
  entries = [...entries.filter((other) => other !== forgotten), entry];
  return entry;
}

// Takes `path` ("heap?seconds=5") of the profile `name`.
export async function take(name: string, path: string, signal?: AbortSignal): Promise<Entry> {
  return add(name, path, await getBytes(path, signal));
}

// Opens the profiles in a file or capture; the last one is returned.
export async function openBytes(whole: NamedBytes): Promise<Entry> {
  let last: Entry | undefined;
  for (const { name, bytes } of await profilesIn(whole)) last = await add(name, "", bytes);
  return last!;
}

export async function openFiles(files: Iterable<File>): Promise<Entry> {
  let last: Entry | undefined;
  for (const file of files) last = await openBytes({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  if (last === undefined) throw new Error("no file was chosen");
  return last;
}

// What the place of a profile is called in links: files are told apart by number.
export const placeOf = (entry: Entry): string => (entry.path === "" ? `file:${entry.id}` : entry.name);

export function entryWith(id: string): Entry | undefined {
  return entries.find((entry) => String(entry.id) === id);
}

export function newest(name: string): Entry | undefined {
  return entries.filter((entry) => entry.path !== "" && entry.name === name).pop();
}

export const newestFile = (): Entry | undefined => entries.filter(({ path }) => path === "").pop();

export const filesOpen = (): Entry[] => entries.filter(({ path }) => path === "");

// Those with the same value types, which it can be compared with.
export function comparable(entry: Entry): Entry[] {
  const types = (of: Entry) => of.profile.types.map(({ type, unit }) => `${type}/${unit}`).join();
  return entries.filter((other) => other !== entry && types(other) === types(entry));
}

export function titleOf(entry: Entry): string {
  return entry.path === "" ? entry.name : `${entry.path}, ${entry.at.toLocaleTimeString()}`;
}
