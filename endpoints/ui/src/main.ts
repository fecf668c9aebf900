// The page at /debug/pprof/. The server sends Go's index, which this script reads and then replaces.
import { isProfile, listed, Refused, type Listed } from "./api";
import { clock, fromSeconds } from "./clock";
import { el, printable } from "./dom";
import { Header } from "./header";
import { openFiles } from "./opened";
import { followRestarts } from "./process";
import { current, open } from "./state";
import { findOutAboutToken } from "./token";
import { isOpened, openedPage } from "./views/opened_page";
import { Overview } from "./views/overview";
import { ProfilePage } from "./views/profile_page";
import { ThreadsView } from "./views/threads_view";
import type { View } from "./views/view";

const main = el("main", { id: "main", tabindex: -1 });
const message = el("div", { role: "alert", class: "message" });
const restart = el("p", { role: "status", class: "restart" });
let header: Header;
let profiles: Listed[] = [];
let others: string[] = []; // what the server has besides profiles
let shownPage = "";
let clickedHash = ""; // of the link that was clicked last
let view: View | undefined;

function say(error: unknown): void {
  message.textContent = error === undefined ? "" : printable(sentence(error), 2000);
}

function sentence(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return "The program asks for its token. Load the page again.";
  return error instanceof Error ? error.message : String(error);
}

// Nothing is asked for that the index does not list: a link may have been made to deceive.
function unknownPage(page: string): View {
  const element = el("div", {}, el("h1", {}, "Unknown profile"),
    el("p", {}, `This program has no profile ${printable(page, 200)}.`));
  return { element, update: () => {} };
}

// People who choose a profile in the overview expect it as it is now; those who go back do not.
const isChosen = (): boolean => shownPage === "overview" && clickedHash === location.hash;

function viewOf(page: string, anew: boolean): View {
  if (page === "overview") return new Overview(profiles, others.includes("history"), say);
  if (page === "threads") return new ThreadsView(say);
  if (isOpened(page)) return openedPage(page, say, () => showAnew(page));
  const profile = profiles.find(({ name }) => name === page);
  return profile === undefined ? unknownPage(page) : new ProfilePage(profile, anew, say);
}

function show(): void {
  const state = current();
  if (state.p !== shownPage) {
    const anew = isChosen();
    say(undefined);
    view?.leave?.();
    shownPage = state.p;
    view = viewOf(state.p, anew);
    main.replaceChildren(view.element);
    window.scrollTo(0, 0);
  } else {
    view?.update(state);
  }
  clickedHash = "";
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

function noteClicks(): void {
  addEventListener("click", (event) => {
    clickedHash = event.target instanceof HTMLAnchorElement ? event.target.hash : "";
  }, true);
}

function noteRestarts(): void {
  followRestarts(others.includes("history"), ({ started }) => {
    restart.textContent = `The program was restarted at ${clock(fromSeconds(started))}.`;
    view?.update(current());
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
  document.body.replaceChildren(skipLink(), header.element, message, restart, main);
  document.documentElement.classList.add("ready");
  acceptDrops();
  acceptKeys();
  noteClicks();
  noteRestarts();
  addEventListener("hashchange", show);
  show();
  void findOutAboutToken().then((asks) => asks && view?.update(current()));
}

document.documentElement.classList.add("page");
document.addEventListener("DOMContentLoaded", begin);
