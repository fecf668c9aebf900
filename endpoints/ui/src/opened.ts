// Opens files and captures: their profiles go on the shelf, and their stacks of threads are kept here.
import { getBytes } from "./api";
import { clock } from "./clock";
import { gunzipped, partsIn, type NamedBytes, type Part } from "./profile/archive";
import { add, filesOpen, placeOf } from "./shelf";

export interface OpenedDump {
  place: string; // how links name it
  title: string;
  text: string;
}

const dumps = new Map<string, OpenedDump>();

// What is open, by place, with titles.
export function opened(): [string, string][] {
  const files = filesOpen().map((entry): [string, string] => [placeOf(entry), entry.title]);
  return [...files, ...[...dumps.values()].map(({ place, title }): [string, string] => [place, title])];
}

export const dumpAt = (place: string): OpenedDump | undefined => dumps.get(place);

// "heap 10:39:25 pid 4711" for a capture's file, which is named by time and process.
function titleOf({ folder, name, isDump }: Part): string {
  const found = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.(\d+)\.[^/]*$/.exec(folder);
  if (found === null) return name;
  const [year, month, day, hour, minute, second, pid] = found.slice(1).map(Number);
  const at = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
  return `${isDump ? "threads" : name.replace(/\.pb(\.gz)?$/, "")} ${clock(at)} pid ${pid}`;
}

async function openDump(part: Part, capture: string): Promise<string> {
  const place = capture === "" ? `dump/${part.folder}/${part.name}` : `capture/${capture}/${part.name}`;
  dumps.set(place, { place, title: titleOf(part), text: new TextDecoder().decode(await gunzipped(part.bytes)) });
  return place;
}

async function openPart(part: Part, capture: string): Promise<string> {
  if (part.isDump) return openDump(part, capture);
  return placeOf(await add({ name: part.name, title: titleOf(part), capture }, part.bytes));
}

// Opens what a file or capture has, and returns the place to show: that of the heap, if there is one.
async function openBytes(whole: NamedBytes, capture: string): Promise<string> {
  const parts = await partsIn(whole);
  const first = parts.findIndex(({ name }) => name.startsWith("heap"));
  const places: string[] = [];
  for (const part of parts) places.push(await openPart(part, capture));
  return places.at(first)!; // or the last
}

export async function openFiles(files: Iterable<File>): Promise<string> {
  let place: string | undefined;
  for (const file of files) place = await openBytes({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }, "");
  if (place === undefined) throw new Error("no file was chosen");
  return place;
}

// Asks the program for a capture that it took of itself.
export async function openCapture(name: string): Promise<string> {
  const file = `${name}.tar.gz`;
  return openBytes({ name: file, bytes: await getBytes(`captures/${encodeURIComponent(file)}`) }, name);
}
