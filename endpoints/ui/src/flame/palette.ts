// Colours of the flame graph: tints of Okabe and Ito's palette, which people with any colour vision
// can tell apart. Dark text is readable on all of them.

const kTints = ["#f5c26b", "#9fd3f0", "#8fd1b8", "#f2e488", "#8db8dc", "#eda27c", "#e0b1cb"];
const kNoName = "#c9c9c9";

// Up to two scopes: the functions of "shop::Cart" share a colour, as do those of a Go package.
function family(name: string): string {
  const scope = /^(?:[\w$~-]+::){1,2}|^[\w/-]+(?=\.)/.exec(name);
  return scope === null ? name.replace(/[(<].*$/s, "") : scope[0];
}

function hash(text: string): number {
  let sum = 7;
  for (let i = 0; i < text.length && i < 200; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return sum;
}

export const isStandIn = (name: string): boolean =>
  /^\[.*\]$/s.test(name) || name === "<unknown>" || name === "pprof::LostSamples";

export function colourOf(name: string): string {
  return isStandIn(name) ? kNoName : kTints[hash(family(name)) % kTints.length]!;
}

export const dimmed = "#9a9a9a"; // leads to nothing that the search matches
export const matched = "#f07ac0"; // what it matches

// `share` from -1, all of it shrank, to 1, all of it grew: blue, grey, orange.
export function colourOfChange(share: number): string {
  const [r, g, b] = share > 0 ? [230, 140, 40] : [70, 150, 215];
  const weight = Math.min(1, Math.abs(share));
  const mix = (strong: number) => Math.round(215 + (strong - 215) * weight);
  return `rgb(${mix(r!)},${mix(g!)},${mix(b!)})`;
}
