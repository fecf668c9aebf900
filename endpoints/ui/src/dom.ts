// Makes elements. Text from the program reaches the document only through textContent.

export type Child = Node | string;

type Attributes = Record<string, string | number | boolean | EventListener>;

// el("button", {class: "quiet", onclick: f}, "Text"): names that begin with "on" are listeners.
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

export function button(text: string, action: () => void, attributes: Attributes = {}) {
  return el("button", { type: "button", onclick: action, ...attributes }, text);
}

const kLongestShown = 400;
// Control characters, and those that reorder or hide the text around them.
const kDeceptive = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function escaped(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`;
}

// One line that shows what it consists of: a name may be made to deceive, or be 64 KiB long.
export function printable(text: string, longest = kLongestShown): string {
  const short = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  return short.replace(kDeceptive, escaped);
}

export const firstSentence = (text: string): string => text.split(/(?<=\.)\s/)[0]!;

// A labelled control.
export function field(label: string, control: HTMLElement): HTMLLabelElement {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

// A field for a regular expression.
export function patternBox(pattern: string, attributes: Attributes = {}): HTMLInputElement {
  return el("input", { type: "search", class: "search", value: pattern, placeholder: "regular expression", ...attributes });
}

// A menu of values with their texts.
export function menu(options: [string, string][], chosen: string, change: (value: string) => void) {
  const select = el("select", { onchange: () => change(select.value) });
  for (const [value, text] of options) select.append(el("option", { value }, printable(text, 80)));
  select.value = chosen;
  return select;
}

export function copyButton(text: () => string): HTMLButtonElement {
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text());
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "The browser does not allow it: select the text";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  return copy;
}
