// The pages of what was opened: profiles and stacks of threads from files and captures.
import { el, printable } from "../dom";
import { dumpAt, openCapture } from "../opened";
import { entryAt, newestFile } from "../shelf";
import { ProfileView } from "./profile_view";
import { ThreadsView } from "./threads_view";
import type { View } from "./view";

const kCapture = /^capture\/([\w.-]+)\/[\w.-]+$/;
const kGone = "Open the file again: a page keeps files only until it is loaded anew.";

export const isOpened = (page: string): boolean => /^(file|dump|capture)[:/]/.test(page);

function sentence(title: string, text: string): View {
  return { element: el("div", {}, el("h1", {}, title), el("p", {}, text)), update: () => {} };
}

// Captures stay with the program, so a link to one works on a page that was loaded anew.
function fetching(name: string, say: (error: unknown) => void, again: () => void): View {
  openCapture(name).then(again, say);
  return sentence(printable(name, 100), "The capture is fetched from the program.");
}

export function openedPage(page: string, say: (error: unknown) => void, again: () => void): View {
  const dump = dumpAt(page);
  if (dump !== undefined) return new ThreadsView(say, dump);
  const capture = kCapture.exec(page);
  const entry = entryAt(page) ?? (capture === null ? newestFile() : undefined);
  if (entry === undefined) return capture === null ? sentence("File", kGone) : fetching(capture[1]!, say, again);
  const inner = new ProfileView(entry);
  const element = el("div", {}, el("h1", {}, printable(entry.title)), inner.element);
  return { element, update: (state) => inner.update(state) };
}
