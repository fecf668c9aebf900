// Says why there is nothing to draw.
import { el, type Child } from "../dom";
import type { Analysis } from "../profile/analysis";
import type { Entry } from "../shelf";
import type { State } from "../state";

const link = (profile: string): HTMLElement => el("a", { href: `#p=${profile}` }, profile);

export function emptyText(state: State, entry: Entry, analysis: Analysis): Child[] {
  if (state.label.length > 0 || (state.only && state.focus !== "")) return ["No stack is left by the filters."];
  if (analysis.isDifference) return ["Nothing changed."];
  if (entry.name !== "leak") return ["The profile has no samples of this value."];
  return ["Nothing is lost: something still points to every sampled object. If memory grows anyway, see ",
    link("heap"), " for the code that allocated it and ", link("holders"), " for what keeps it."];
}
