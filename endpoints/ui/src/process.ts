// Which process answers. A program that was started again at the same port is another process, and
// profiles of the one before say nothing about it.
import { getJson } from "./api";

export interface Process {
  pid: number;
  started: number; // seconds since 1970
}

const kShortest = "history?resolution=5m"; // the history names the process, and this is the least of it
const kSameStart = 2; // seconds
let answering: Process | undefined;
let hasHistory = false;
let restarted: (process: Process) => void = () => {};

export function followRestarts(asked: boolean, call: (process: Process) => void): void {
  hasHistory = asked;
  restarted = call;
}

// Takes note of the process that a history names. Equal ones are the same object.
export function notice({ pid, started }: Process): Process {
  const before = answering;
  if (before?.pid === pid && Math.abs(before.started - started) < kSameStart) return before;
  answering = { pid, started };
  if (before !== undefined) restarted(answering);
  return answering;
}

// The process that answers now, if the server can say it.
export async function whichProcess(): Promise<Process | undefined> {
  if (!hasHistory) return undefined;
  try {
    return notice((await getJson(kShortest)) as Process);
  } catch {
    return undefined; // the profile is worth showing without it
  }
}

// Whether the process has ended as far as the page knows.
export const hasEnded = (process: Process | undefined): boolean => process !== undefined && process !== answering;
