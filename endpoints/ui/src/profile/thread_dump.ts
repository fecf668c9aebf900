// Reads the full dump of all threads, goroutine?debug=2.

export interface Thread {
  tid: string;
  name: string;
  state: string;
  waited: string; // "0.250s", "3 minutes", or empty
  lock: string; // "0x7f00…", or empty
  owner: string; // thread that holds it, or empty
  detail: string; // what else the dump says of the wait
  cpu: string;
  deadlock: boolean;
  labels: string;
  frames: string[]; // functions, the innermost first
  places: string[]; // file and line of each
}

export interface Group {
  threads: Thread[]; // those that waited longest first
  state: string;
  frames: string[];
  places: string[];
}

// Splits at ", " outside of quotes.
function parts(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|,(?! ))+/g)?.map((part) => part.trim()) ?? [];
}

function heading(line: string): Thread | undefined {
  const found = /^goroutine (\d+) \[(.*?)\](?: \{(.*)\})?:$/.exec(line);
  if (found === null) return undefined;
  const [state, ...rest] = parts(found[2]!);
  const thread: Thread = {
    tid: found[1]!, state: state ?? "", name: "", waited: "", lock: "", owner: "", detail: "", cpu: "",
    deadlock: false, labels: found[3] ?? "", frames: [], places: [],
  };
  for (const part of rest) readPart(part, thread);
  return thread;
}

function readPart(part: string, thread: Thread): void {
  const lock = /^lock (0x[0-9a-f]+)(?: held by (\d+))?$/.exec(part);
  if (lock !== null) [thread.lock, thread.owner] = [lock[1]!, lock[2] ?? ""];
  else if (/^(\d+ minutes|[\d.]+s)$/.test(part)) thread.waited = part;
  else if (part === "deadlock") thread.deadlock = true;
  else if (part.startsWith('"')) thread.name = part.slice(1, -1);
  else if (part.startsWith("cpu ")) thread.cpu = part.slice(4);
  else thread.detail += (thread.detail === "" ? "" : ", ") + part;
}

function readFrames(lines: string[], thread: Thread): void {
  for (const line of lines) {
    if (line.startsWith("\t")) {
      const text = line.trim().replace(/ \+0x[0-9a-f]+$/, "");
      if (thread.frames.length === 0) thread.frames.push(`[${text}]`);
      else thread.places[thread.frames.length - 1] = text;
    } else if (line !== "") {
      thread.frames.push(line.replace(/\(\.\.\.\)$/, ""));
    }
  }
}

export interface Dump {
  deadlocks: string[]; // a sentence for each cycle
  threads: Thread[];
}

export function readDump(text: string): Dump {
  const dump: Dump = { deadlocks: [], threads: [] };
  for (const block of text.split("\n\n")) {
    const lines = block.trimEnd().split("\n");
    const thread = heading(lines[0] ?? "");
    if (thread === undefined) {
      dump.deadlocks.push(...lines.filter((line) => line.startsWith("[deadlock] ")).map((line) => line.slice(11)));
      continue;
    }
    readFrames(lines.slice(1), thread);
    dump.threads.push(thread);
  }
  return dump;
}

export function secondsOf(waited: string): number {
  return parseFloat(waited || "0") * (waited.endsWith("minutes") ? 60 : 1);
}

// Threads with equal stacks and states; large groups first, and before them those in a deadlock.
export function grouped(threads: Thread[]): Group[] {
  const groups = new Map<string, Group>();
  for (const thread of threads) {
    const key = JSON.stringify([thread.state, thread.deadlock, thread.frames]);
    const group = groups.get(key) ?? { threads: [], state: thread.state, frames: thread.frames, places: thread.places };
    group.threads.push(thread);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.threads.sort((a, b) => secondsOf(b.waited) - secondsOf(a.waited));
  const weight = (group: Group) => group.threads.length + (group.threads[0]!.deadlock ? 1e9 : 0);
  return [...groups.values()].sort((a, b) => weight(b) - weight(a));
}
