// Whether the server has a token. The browser adds it to requests by itself, so only a request without
// it tells.

let asks = false;

export const asksForToken = (): boolean => asks;

export async function findOutAboutToken(): Promise<boolean> {
  const path = location.pathname;
  const answer = await fetch(path, { method: "HEAD", credentials: "omit", cache: "no-store" }).catch(() => undefined);
  return (asks = answer?.status === 401);
}
