// The captures that the program took of itself, and how processes before it ended.
import { getJson } from "../api";
import { dayAndClock, fromSeconds } from "../clock";
import { button, el, printable } from "../dom";
import { openCapture } from "../opened";
import { open } from "../state";
import { format } from "../units";

interface Capture {
  name: string;
  reason: string;
  pid: number;
  unix_seconds: number;
  bytes: number;
  before_death: boolean;
}

async function show(name: string, say: (error: unknown) => void): Promise<void> {
  try {
    open({ p: await openCapture(name) });
  } catch (error) {
    say(error);
  }
}

function item(capture: Capture, say: (error: unknown) => void): HTMLElement {
  const when = dayAndClock(fromSeconds(capture.unix_seconds));
  const end = capture.before_death ? ", before the process was killed" : "";
  return el("li", {}, `${when}, pid ${capture.pid}: ${printable(capture.reason)}, ${format(capture.bytes, "bytes")}${end} `,
    button("Open", () => void show(capture.name, say), { "aria-label": `Open ${printable(capture.name)}` }));
}

// Empty until there is something to show.
export function captures(say: (error: unknown) => void): HTMLElement {
  const place = el("div");
  const fill = async () => {
    const found = (await getJson("captures")) as { captures: Capture[]; deaths: string[] };
    if (found.captures.length + found.deaths.length === 0) return;
    place.append(el("h2", {}, "Captures"),
      ...found.deaths.map((text) => el("p", { class: "deadlock" }, printable(text, 1000))),
      el("ul", {}, ...found.captures.map((capture) => item(capture, say))));
  };
  fill().catch(say);
  return place;
}
