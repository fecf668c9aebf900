// The search of a view. The address follows when the typing pauses, without a step for Back.
import { patternBox } from "../dom";
import { current, replace } from "../state";

const kPauseMillis = 200;

export class SearchBox {
  readonly box = patternBox(current().focus, { "data-keep": "focus" });
  private timer = 0;

  constructor() {
    this.box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.settle(), kPauseMillis);
    });
  }

  // Shows what the address has, but leaves alone what is being typed.
  follow(focus: string): void {
    if (this.timer === 0 && this.box.value !== focus) this.box.value = focus;
  }

  private settle(): void {
    this.timer = 0;
    if (this.box.isConnected) replace({ focus: this.box.value });
  }
}
