// The page at /debug/pprof/. The server sends Go's index, which this script reads and then replaces.
import { isProfile, listed, Refused, type Listed } from "./api";
import { el, printable } from "./dom";
import { Header } from "./header";
import { openFiles } from "./opened";
import { newest } from "./shelf";
import { current, open } from "./state";
import { isOpened, openedPage } from "./views/opened_page";
import { Overview } from "./views/overview";
import { ProfileView } from "./views/profile_view";
import { isRecorded, Recorder } from "./views/recorder";
import { ThreadsView } from "./views/threads_view";
import type { View } from "./views/view";

const main = el("main", { id: "main", tabindex: -1 });
const message = el("div", { role: "alert", class: "message" });
let header: Header;
let profiles: Listed[] = [];
let others: string[] = []; // what the server has besides profiles
let shownPage = "";
let view: View | undefined;

function say(error: unknown): void {
  message.textContent = error === undefined ? "" : printable(sentence(error), 2000);
}

function sentence(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return "The program asks for its token. Load the page again.";
  return error instanceof Error ? error.message : String(error);
}

function profilePage({ name, description }: Listed): View {
  const entry = newest(name, "");
  const place = el("div");
  let inner = entry && new ProfileView(entry);
  const put = () => inner && place.replaceChildren(inner.element);
  const recorder = new Recorder(name, (taken) => {
    say(undefined);
    inner = new ProfileView(taken);
    put();
  }, say);
  const element = el("div", {}, el("h1", {}, printable(name)), el("p", { class: "quiet" }, printable(description, 1000)),
    recorder.element, place);
  if (entry === undefined && !isRecorded(name)) recorder.now();
  if (entry === undefined && isRecorded(name)) place.append(el("p", {}, "Nothing is recorded before you ask for it."));
  put();
  return { element, update: (state) => inner?.update(state) };
}

// Nothing is asked for that the index does not list: a link may have been made to deceive.
function unknownPage(page: string): View {
  const element = el("div", {}, el("h1", {}, "Unknown profile"),
    el("p", {}, `This program has no profile ${printable(page, 200)}.`));
  return { element, update: () => {} };
}

function viewOf(page: string): View {
  if (page === "overview") return new Overview(profiles, others.includes("history"), say);
  if (page === "threads") return new ThreadsView(say);
  if (isOpened(page)) return openedPage(page, say, () => showAnew(page));
  const profile = profiles.find(({ name }) => name === page);
  return profile === undefined ? unknownPage(page) : profilePage(profile);
}

function show(): void {
  const state = current();
  if (state.p !== shownPage) {
    say(undefined);
    view?.leave?.();
    shownPage = state.p;
    view = viewOf(state.p);
    main.replaceChildren(view.element);
    window.scrollTo(0, 0);
  } else {
    view?.update(state);
  }
  header.show(state.p);
}

// What a page lacked is there now.
function showAnew(page: string): void {
  if (shownPage !== page) return;
  shownPage = "";
  show();
}

async function openAll(files: Iterable<File>): Promise<void> {
  try {
    say(undefined);
    open({ p: await openFiles(files) });
  } catch (error) {
    say(error);
  }
}

function acceptDrops(): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) void openAll([...event.dataTransfer.files]);
  });
}

// "/" goes to the search, as on many pages.
function acceptKeys(): void {
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    const search = document.querySelector<HTMLElement>("input[type=search]");
    if (search === null) return;
    event.preventDefault();
    search.focus();
  });
}

function skipLink(): HTMLElement {
  const skip = (event: Event) => {
    event.preventDefault();
    main.focus();
  };
  return el("a", { href: "#main", class: "skip", onclick: skip }, "To the content");
}

function begin(): void {
  const all = listed(document);
  profiles = all.filter(isProfile);
  others = all.filter((one) => !isProfile(one)).map(({ name }) => name);
  header = new Header(profiles, others.includes("cmdline"), (files) => void openAll(files));
  document.body.replaceChildren(skipLink(), header.element, message, main);
  document.documentElement.classList.add("ready");
  acceptDrops();
  acceptKeys();
  addEventListener("hashchange", show);
  show();
}

document.documentElement.classList.add("page");
document.addEventListener("DOMContentLoaded", begin);
