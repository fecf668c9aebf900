// What the page shows, kept in the part of the address behind #, so that a link shows the same.
// Servers never receive that part.

export interface State {
  p: string; // "overview", "threads", a profile's name, or "file" for what was opened
  v: string; // value type
  view: string; // "flame", "top" or "calls"
  focus: string; // regular expression
  only: boolean; // hide stacks that focus does not match
  up: boolean; // flame graph with the root below
  fn: string; // function whose callers and callees are shown
  zoom: string; // function of the flame graph's widest box
  sort: string; // "flat", "cum" or "name"
  label: string[]; // "key=value"
  vs: string; // id of the profile to compare with
  age: string; // least age of objects, such as "10m"
  own: boolean; // table without functions of the system's libraries
  span: string; // seconds between the points of the charts
}

const kStart: State = {
  p: "overview", v: "", view: "flame", focus: "", only: false, up: false, fn: "", zoom: "", sort: "flat",
  label: [], vs: "", age: "", own: false, span: "1",
};

export function read(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...kStart, label: given.getAll("label") };
  for (const [key, value] of given) {
    if (key === "only" || key === "up" || key === "own") state[key] = value === "1";
    else if (key !== "label" && key in kStart) (state as unknown as Record<string, string>)[key] = value;
  }
  return state;
}

export function write(state: State): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (Array.isArray(value)) value.forEach((one) => words.append(key, one));
    else if (key === "p" || value !== kStart[key as keyof State]) words.set(key, value === true ? "1" : String(value));
  }
  return `#${words}`;
}

export const current = (): State => read(location.hash);

// Goes to a changed state. Everything that is shown follows from the event `hashchange`.
export function go(change: Partial<State>): void {
  location.hash = write({ ...current(), ...change });
}

// Another page, with nothing left of the one before.
export function open(change: Partial<State>): void {
  location.hash = write({ ...kStart, ...change });
}

// A step for Back to a state that is shown already.
export function step(change: Partial<State>): void {
  const hash = write({ ...current(), ...change });
  if (hash !== location.hash) history.pushState(null, "", hash);
}

// A change without a step for Back, which is shown already.
export function put(change: Partial<State>): void {
  history.replaceState(null, "", write({ ...current(), ...change }));
}

// A change without a step for Back.
export function replace(change: Partial<State>): void {
  put(change);
  dispatchEvent(new Event("hashchange"));
}
