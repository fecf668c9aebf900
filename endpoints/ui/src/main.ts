// The page at /debug/pprof/. The server sends Go's index, which this script reads and then replaces.
import { getText, isProfile, listed, Refused, type Listed } from "./api";
import { button, el, printable } from "./dom";
import { filesOpen, newest, newestFile, openFiles, entryWith, placeOf } from "./shelf";
import { current, open, type State } from "./state";
import { Overview } from "./views/overview";
import { ProfileView } from "./views/profile_view";
import { isRecorded, Recorder } from "./views/recorder";
import { ThreadsView } from "./views/threads_view";

interface View {
  element: HTMLElement;
  update(state: State): void;
  leave?(): void;
}

const main = el("main", { id: "main", tabindex: -1 });
const nav = el("nav", { "aria-label": "Views" });
const message = el("div", { role: "alert", class: "message" });
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

function profilePage(name: string): View {
  const entry = name.startsWith("file") ? (entryWith(name.slice(5)) ?? newestFile()) : newest(name);
  const place = el("div");
  let inner = entry && new ProfileView(entry);
  const put = () => inner && place.replaceChildren(inner.element);
  const title = el("h1", {}, printable(entry?.path === "" ? entry.name : name));
  const element = el("div", {}, title);
  if (name.startsWith("file")) {
    if (entry === undefined) place.append(el("p", {}, "Open the file again: a page keeps files only until it is loaded anew."));
  } else {
    const recorder = new Recorder(name, (taken) => {
      say(undefined);
      inner = new ProfileView(taken);
      put();
    }, say);
    element.append(el("p", { class: "quiet" }, printable(profiles.find((one) => one.name === name)?.description ?? "", 1000)),
      recorder.element);
    if (entry === undefined && !isRecorded(name)) recorder.now();
    if (entry === undefined && isRecorded(name)) place.append(el("p", {}, "Nothing is recorded before you ask for it."));
  }
  put();
  element.append(place);
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
  if (!page.startsWith("file") && !profiles.some(({ name }) => name === page)) return unknownPage(page);
  return profilePage(page);
}

function link(page: string, title: string): HTMLElement {
  return el("a", { href: `#p=${encodeURIComponent(page)}` }, printable(title, 60));
}

// Adds what is new and marks the page that is shown; the link with the focus keeps it.
function showNav(page: string): void {
  const links = new Map([["overview", "Overview"], ["threads", "Threads"],
    ...profiles.map(({ name }) => [name, name] as const),
    ...filesOpen().map((entry) => [placeOf(entry), entry.name] as const)]);
  nav.append(...[...links].slice(nav.childElementCount).map(([path, title]) => link(path, title)));
  const shown = [...links.keys()].indexOf(page);
  [...nav.children].forEach((one, i) => (i === shown ? one.setAttribute("aria-current", "page") : one.removeAttribute("aria-current")));
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
  showNav(state.p);
}

async function openAll(files: Iterable<File>): Promise<void> {
  try {
    say(undefined);
    const entry = await openFiles(files);
    open({ p: placeOf(entry) });
  } catch (error) {
    say(error);
  }
}

function fileButton(): HTMLElement {
  const input = el("input", { type: "file", multiple: true, hidden: true, "aria-label": "Profiles or captures" });
  input.addEventListener("change", () => void openAll([...(input.files ?? [])]));
  return el("div", {}, button("Open a file", () => input.click(), { title: "*.pb.gz, or a capture; or drop it on the page" }), input);
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

// The program's name from its command line, if it may be known.
async function nameProgram(place: HTMLElement): Promise<void> {
  const line = others.includes("cmdline") ? await getText("cmdline").catch(() => "") : "";
  const name = line.split("\0")[0]!.replace(/^.*\//, "");
  place.textContent = printable(name, 60) || "a program";
  place.title = printable(line.replaceAll("\0", " "), 1000);
  document.title = `${printable(name, 60) || "pprof"} · ${location.host}`;
}

function begin(): void {
  const all = listed(document);
  profiles = all.filter(isProfile);
  others = all.filter((one) => !isProfile(one)).map(({ name }) => name);
  const program = el("strong", {}, "");
  document.body.replaceChildren(
    el("a", { href: "#main", class: "skip", onclick: ((event: Event) => {
      event.preventDefault();
      main.focus();
    }) as EventListener }, "To the content"),
    el("header", {}, el("div", { class: "bar" }, program, el("span", { class: "quiet" }, location.host), fileButton()), nav),
    message, main);
  document.documentElement.classList.add("ready");
  acceptDrops();
  acceptKeys();
  addEventListener("hashchange", show);
  show();
  void nameProgram(program);
}

document.documentElement.classList.add("page");
document.addEventListener("DOMContentLoaded", begin);
