// What the tests of the page share: a program, a browser that records everything odd, and pprof.
// The environment has UI_SERVER, PPROF, CHROMIUM and NODE_MODULES.
import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { gzipSync } from "node:zlib";

const { UI_SERVER, PPROF, CHROMIUM, NODE_MODULES } = process.env;
export const require = createRequire(join(NODE_MODULES, "x.js"));
const { chromium } = require("playwright-core");

export const folder = mkdtempSync(join(tmpdir(), "pprof-ui-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// A running ui_server.
export async function startProgram(words = [], options = {}) {
  const child = spawn(UI_SERVER, words, { stdio: ["pipe", "pipe", "inherit"], ...options });
  const port = await new Promise((resolve, reject) => {
    child.stdout.on("data", (text) => resolve(String(text).match(/port (\d+)/)[1]));
    child.on("exit", (code) => reject(new Error(`ui_server ended with ${code}`)));
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/debug/pprof/`,
    stop: () => child.kill("SIGKILL"), // two of its threads wait for each other for ever
  };
}

// What the tests of a file share. Live bindings: they are there once its tests run.
export let program, browser, page;

// One hook: several of a file run at the same time.
export function shareProgram(words, options, begun = async () => {}) {
  before(async () => {
    program = await startProgram(words, options);
    browser = await startBrowser();
    await begun();
  });
  after(async () => {
    await browser?.close();
    program?.stop();
  });
}

export const sharePage = (words, options) =>
  shareProgram(words, options, async () => {
    page = await openPage(browser, program);
  });

export const startBrowser = () =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });

// A page that keeps a list of what must not happen: console messages, violations of the policy,
// exceptions, requests to others.
export async function openPage(browser, program, { history = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: "UTC", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  if (history !== "real") await madeUpHistory(page, program, history);
  page.odd = [];
  page.bodies = new Map(); // the last answer of each path
  page.on("console", (message) => page.odd.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.odd.push(`exception: ${error}`));
  page.on("request", (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(program.url)) page.odd.push(`request: ${request.url()}`);
  });
  page.on("response", async (response) => {
    const path = response.url().slice(program.url.length).split("?")[0];
    page.bodies.set(path, response.body().catch(() => undefined));
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    document.addEventListener("DOMContentLoaded", () => Object.defineProperty(window, "hostile", { set() { console.error("a hostile script ran"); } }));
  });
  return page;
}

export async function visit(page, program, hash = "") {
  await page.goto("about:blank");
  await page.goto(program.url + hash);
  await page.waitForSelector("html.ready");
}

export function nothingOdd(page) {
  assert.deepEqual(page.odd, []);
  return page.evaluate(() => window.hostile).then((value) => assert.equal(value, undefined));
}

// Saves the bytes of the page's last answer to `path`.
export async function saved(page, path, name = path) {
  const file = join(folder, `${name}.pb.gz`);
  writeFileSync(file, await page.bodies.get(path));
  return file;
}

export function pprof(...words) {
  const env = { ...process.env, PPROF_TMPDIR: folder, PPROF_BINARY_PATH: "/nonexistent" };
  return execFileSync(PPROF, words, { env, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
}

// Rows of -top: name, flat, flat%, cum, cum%.
export function pprofTop(file, ...words) {
  const text = pprof("-top", "-nodefraction=0", "-nodecount=1000000", "-unit=auto", ...words, file);
  const rows = text.split("\n").map((line) => /^ *(\S+) +(\S+) +\S+ +(\S+) +(\S+) {2}(.*)$/.exec(line)).filter(Boolean);
  return rows.slice(rows[0]?.[1] === "flat" ? 1 : 0).map(([, flat, flatShare, cum, cumShare, name]) =>
    [name.replace(/ \((partial-)?inline\)$/, ""), flat, flatShare, cum, cumShare]).sort(byName);
}

export const byName = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

// The same rows from the page, which must show the table.
export async function pageTop(page) {
  await page.waitForSelector("table.top");
  for (let more = page.locator(".scroll > button:visible"); await more.count(); ) await more.click();
  const rows = await page.$$eval("table.top tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  return rows.map(([flat, flatShare, cum, cumShare, name]) => [name, flat, flatShare, cum, cumShare]).sort(byName);
}

// Says only what differs: the tables are long.
export function sameRows(shown, expected) {
  const lines = (rows) => rows.map((row) => row.join("  "));
  const [ours, theirs] = [lines(shown), lines(expected)];
  const only = (some, others) => some.filter((line) => !others.includes(line)).slice(0, 10);
  assert.deepEqual({ page: only(ours, theirs), pprof: only(theirs, ours) }, { page: [], pprof: [] });
  assert.equal(ours.length, theirs.length);
}

export const show = (state) => "#" + new URLSearchParams(state);

// The page sees the fixture below as the program's history, or a program without one.
async function madeUpHistory(page, program, history) {
  await page.route((url) => url.pathname.endsWith("/history"), (route) => route.fulfill({ json: historyFixture() }));
  const row = "<tr><td>0</td><td><a href='history?debug=1'>history</a></td></tr>";
  await page.route(program.url, async (route) => {
    if (route.request().method() === "HEAD") return route.continue();
    const answer = await route.fetch();
    const body = (await answer.text()).replace(row, "");
    await route.fulfill({ response: answer, body: history ? body.replace("<table>", `<table>${row}`) : body });
  });
}

// Ten minutes of a program whose memory grows, with known last values.
export function historyFixture() {
  const now = 1764319838;
  const columns = ["time", "resident_bytes", "in_use_bytes", "free_bytes", "cpu_seconds", "threads", "open_files"];
  const rows = (seconds) => Array.from({ length: 600 }, (_, i) => {
    const left = 599 - i;
    const grown = (136.2 - left / 5) * 2 ** 20;
    return [now - left * seconds, grown, grown * 0.8, left === 7 ? null : grown * 0.1, 1000 - (left * seconds) / 2, 12, 20 + (i % 3)];
  });
  return {
    now, pid: 123, started: now - 9000, program: "ui_server",
    limit: { bytes: 512 * 2 ** 20, source: "cgroup v1 memory.limit_in_bytes" }, columns,
    resolutions: [1, 10, 300].map((seconds) => ({ seconds, rows: rows(seconds) })),
    marks: [{ time: now - 100, kind: "mark", text: "purge" }, { time: now - 200, kind: "capture", text: "<b>90 %</b> of the limit" }],
  };
}

// A heap profile with so many bytes in use by each function, as the server sends it. A name in brackets
// is a library without names.
export function madeUpHeap(bytesOf) {
  const { Function, Line, Location, Mapping, Profile, Sample, StringTable, ValueType } = require("pprof-format");
  const strings = new StringTable();
  const id = (text) => strings.dedup(text);
  const names = [...new Set(Object.keys(bytesOf).flatMap((stack) => stack.split(" ")))];
  const isLibrary = (name) => name.startsWith("[");
  const lineOf = (name, i) => (isLibrary(name) ? [] : [new Line({ functionId: i + 1, line: 1 })]);
  const profile = new Profile({
    sampleType: [new ValueType({ type: id("inuse_space"), unit: id("bytes") })],
    sample: Object.entries(bytesOf).map(([stack, bytes]) =>
      new Sample({ locationId: stack.split(" ").map((name) => names.indexOf(name) + 1), value: [bytes] })),
    location: names.map((name, i) => new Location({ id: i + 1, mappingId: isLibrary(name) ? i + 1 : 0, line: lineOf(name, i) })),
    mapping: names.map((name, i) => new Mapping({ id: i + 1, filename: id(`/usr/lib/${name.slice(1, -1)}`) })),
    function: names.map((name, i) => new Function({ id: i + 1, name: id(name), filename: id(`/src/${name.replace(/\W/g, "")}.cpp`) })),
    stringTable: strings,
  });
  return gzipSync(profile.encode());
}
