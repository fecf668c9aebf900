// The line for a terminal that shows the same with `go tool pprof`.
import type { State } from "../state";
import { asksForToken } from "../token";
import type { Entry } from "../shelf";
import { keyAndText } from "../profile/analysis";

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function fileName(entry: Entry): string {
  return entry.path === "" ? entry.name : `${entry.name}-${entry.number}.pb.gz`;
}

// pprof takes a list of regular expressions, separated by commas.
function exactly(text: string): string {
  return `^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(",", ".")}$`;
}

const kPlace = "TOKEN"; // for the token, which the page does not know

function address(path: string): string {
  const url = new URL(path, document.baseURI);
  if (asksForToken()) url.password = kPlace;
  return url.href;
}

export const tokenHint = (command: string): string =>
  command.includes(`:${kPlace}@`) ? `Write the program's token in place of ${kPlace}.` : "";

export function pprofCommand(entry: Entry, base: Entry | undefined, type: string, state: State): string {
  const words = ["go", "tool", "pprof", "-http=:", `-sample_index=${type}`];
  if (state.only && state.focus !== "") words.push(`-focus=${state.focus}`);
  for (const [key, text] of state.label.map(keyAndText)) words.push(`-tagfocus=${key}=${exactly(text)}`);
  if (base !== undefined) words.push(`-diff_base=${fileName(base)}`);
  const live = base === undefined && entry.path !== "";
  words.push(live ? address(entry.path) : fileName(entry));
  return words.map(quoted).join(" ");
}
