// The top of the page: the program's name, how to open files, and the links to all views.
import { getText, type Listed } from "./api";
import { zone } from "./clock";
import { button, el, printable } from "./dom";
import { opened } from "./opened";

// The program's name from its command line, if it may be known.
async function nameProgram(place: HTMLElement, hasLine: boolean): Promise<void> {
  const line = hasLine ? await getText("cmdline").catch(() => "") : "";
  const name = line.split("\0")[0]!.replace(/^.*\//, "");
  place.textContent = printable(name, 60) || "a program";
  place.title = printable(line.replaceAll("\0", " "), 1000);
  document.title = `${printable(name, 60) || "pprof"} · ${location.host}`;
}

function fileButton(open: (files: File[]) => void): HTMLElement {
  const input = el("input", { type: "file", multiple: true, hidden: true, "aria-label": "Profiles or captures" });
  input.addEventListener("change", () => open([...(input.files ?? [])]));
  const title = "*.pb.gz, or a capture; or drop it on the page";
  return el("div", {}, button("Open a file", () => input.click(), { title }), input);
}

export class Header {
  readonly element: HTMLElement;
  private readonly links = new Map<string, HTMLElement>();
  private readonly nav = el("nav", { "aria-label": "Views" });

  constructor(private readonly profiles: Listed[], hasLine: boolean, open: (files: File[]) => void) {
    const program = el("strong", {}, "");
    const facts = el("span", { class: "quiet" }, `${location.host} · times in ${printable(zone(), 60)}`);
    this.element = el("header", {}, el("div", { class: "bar" }, program, facts, fileButton(open)), this.nav);
    void nameProgram(program, hasLine);
  }

  // Adds what is new and marks the page that is shown; the link with the focus keeps it.
  show(page: string): void {
    const names = this.profiles.map(({ name }): [string, string] => [name, name]);
    for (const [place, title] of [["overview", "Overview"], ["threads", "Threads"], ...names, ...opened()]) {
      if (!this.links.has(place!)) this.add(place!, title!);
    }
    for (const [place, link] of this.links) {
      if (place === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  private add(place: string, title: string): void {
    const link = el("a", { href: `#p=${encodeURIComponent(place)}` }, printable(title, 60));
    this.links.set(place, link);
    this.nav.append(link);
  }
}
