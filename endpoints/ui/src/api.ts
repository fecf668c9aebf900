// Asks the server. Every path is relative to the page, so the page works behind a prefix, too.

// A refusal in the server's own words.
export class Refused extends Error {
  constructor(readonly status: number, text: string) {
    super(text);
  }
}

async function asked(path: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { cache: "no-store", signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The program does not answer. It has ended, or the connection to it is closed.");
  }
  if (answer.ok) return answer;
  throw new Refused(answer.status, (await answer.text()).trim() || `The program answered ${answer.status}.`);
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await asked(path, signal)).arrayBuffer());
}

export async function getText(path: string): Promise<string> {
  return (await asked(path)).text();
}

export async function getJson(path: string): Promise<unknown> {
  return (await asked(path)).json();
}

export interface Listed {
  name: string;
  count: string;
  description: string;
}

// What the index lists, and is no profile.
const kOthers = ["cmdline", "history", "metrics", "symbol"];

export const isProfile = ({ name }: Listed): boolean => !kOthers.includes(name);

// What the index lists, which is the document that loaded this script.
export function listed(index: Document): Listed[] {
  const descriptions = new Map<string, string>();
  for (const item of index.querySelectorAll("li")) {
    const name = item.querySelector(".profile-name")?.textContent ?? "";
    descriptions.set(name.replace(/: $/, ""), (item.textContent ?? "").slice(name.length).trim());
  }
  const rows = [...(index.querySelector("table")?.querySelectorAll("tr") ?? [])];
  return rows
    .map((row) => ({
      name: row.querySelector("a")?.textContent ?? "",
      count: row.querySelector("td")?.textContent ?? "",
    }))
    .filter(({ name }) => name !== "")
    .map(({ name, count }) => ({ name, count, description: descriptions.get(name) ?? "" }));
}
