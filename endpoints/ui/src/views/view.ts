// What main.ts shows for a page of the address.
import type { State } from "../state";

export interface View {
  element: HTMLElement;
  update(state: State): void; // after a change of the address
  leave?(): void;
}
