#!/usr/bin/env node
// The page in the browser with large profiles, beside pprof's own web UI and speedscope on the same
// file. Prints the section; exits with 1 if a bar is missed.
//
//   50_page.mjs BUILD_FOLDER
import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeLargeProfile } from "../page/large_profile.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const build = resolve(process.argv[2]);
const modules = join(root, "build/npm/node_modules");
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const folder = mkdtempSync(join(tmpdir(), "pprof-page-"));
const kBars = { firstMillis: 300, largeMillis: 2000, largeBytes: 500e6, frameMillis: 17.5 };
const kRounds = 5;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// The memory of the browser's largest renderer, which is the tab.
function tabBytes(browserFolder) {
  let most = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (!line.includes("--type=renderer") || !line.includes(browserFolder)) continue;
      most = Math.max(most, 1024 * Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]));
    } catch { /* it has ended */ }
  }
  return most;
}

async function withBrowser(use) {
  const own = mkdtempSync(join(folder, "browser-"));
  const context = await chromium.launchPersistentContext(own, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", viewport: { width: 1280, height: 900 },
    args: ["--no-sandbox", "--no-proxy-server", `--crash-dumps-dir=${own}`, "--enable-unsafe-swiftshader"],
  });
  try {
    return await use(context.pages()[0] ?? (await context.newPage()), own);
  } finally {
    await context.close();
  }
}

// Milliseconds from the begin of the page's load until `ready` is true in it, painted.
async function millisUntil(page, url, ready) {
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(ready, undefined, { polling: "raf", timeout: 120000 });
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now())))));
}

async function startProgram() {
  const child = spawn(join(build, "tests/ui/ui_server"), { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((done) => child.stdout.on("data", (text) => done(/port (\d+)/.exec(text)[1])));
  return { url: `http://127.0.0.1:${port}/debug/pprof/`, stop: () => child.kill("SIGKILL") };
}

const drawn = () => document.querySelector(".flame canvas")?.height > 200;

async function firstView(program) {
  const times = [];
  for (let i = 0; i < kRounds; i++) {
    times.push(await withBrowser((page) => millisUntil(page, `${program.url}#p=heap`, () => document.querySelector(".flame canvas")?.height > 100)));
  }
  return median(times);
}

// The times between frames while the graph zooms in and out, and the longest drawing.
async function zooming(program, file) {
  return withBrowser(async (page) => {
    await millisUntil(page, program.url, () => document.documentElement.classList.contains("ready"));
    await page.setInputFiles("input[type=file]", file);
    await page.waitForFunction(drawn);
    await page.focus(".flame");
    return page.evaluate(async () => {
      const times = [];
      let running = true;
      const tick = (now) => (times.push(now), running && requestAnimationFrame(tick));
      requestAnimationFrame(tick);
      const surface = document.querySelector(".flame");
      const press = (key) => surface.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      for (let i = 0; i < 10; i++) {
        for (let down = 0; down < 3; down++) press("ArrowDown");
        press("Enter");
        await new Promise((done) => setTimeout(done, 250));
        press("Escape");
        await new Promise((done) => setTimeout(done, 250));
      }
      running = false;
      const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
      return { frames: gaps.length, median: gaps[gaps.length >> 1], p95: gaps[Math.floor(gaps.length * 0.95)] };
    });
  });
}

async function oursLarge(program, file) {
  const seen = [];
  for (let i = 0; i < 3; i++) {
    seen.push(await withBrowser(async (page, own) => {
      await millisUntil(page, program.url, () => document.documentElement.classList.contains("ready"));
      await page.evaluate(() => document.querySelector("input[type=file]").addEventListener("change", () => (window.begun = performance.now())));
      await page.setInputFiles("input[type=file]", file);
      await page.waitForFunction(drawn, undefined, { polling: "raf", timeout: 120000 });
      const millis = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - window.begun)))));
      return { millis, bytes: tabBytes(own) };
    }));
  }
  return { millis: median(seen.map(({ millis }) => millis)), bytes: median(seen.map(({ bytes }) => bytes)) };
}

async function pprofLarge(file) {
  const pprof = execFileSync(join(root, "scripts/pprof_tool.sh"), ["--print"], { encoding: "utf8" }).trim();
  const port = 20000 + (process.pid % 20000);
  const begin = Date.now();
  const child = spawn(pprof, ["-no_browser", `-http=127.0.0.1:${port}`, file], { stdio: "ignore" });
  try {
    return await withBrowser(async (page, own) => {
      for (let up = false; !up && Date.now() - begin < 60000; ) {
        up = await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" }).then(() => true, () => false);
      }
      const reading = Date.now() - begin;
      const millis = await millisUntil(page, `http://127.0.0.1:${port}/ui/flamegraph`, () => document.querySelectorAll("#stack-chart .boxbg, .boxbg").length > 5);
      return { millis, reading, bytes: tabBytes(own) };
    });
  } finally {
    child.kill();
  }
}

// Speedscope is fetched for this measurement only.
function speedscopeFolder() {
  const place = join(root, "build/npm-bench");
  mkdirSync(place, { recursive: true });
  execFileSync("npm", ["install", "--prefix", place, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "speedscope@1.25.0"], { stdio: "ignore" });
  return join(place, "node_modules/speedscope/dist/release");
}

async function speedscopeLarge(file) {
  const files = speedscopeFolder();
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
  const server = createServer((request, answer) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    try {
      const bytes = readFileSync(path === "/profile" ? file : join(files, path));
      answer.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await new Promise((done) => server.on("listening", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  try {
    return await withBrowser(async (page, own) => {
      const millis = await millisUntil(page, `${origin}/index.html#profileURL=${encodeURIComponent(`${origin}/profile`)}&title=large.pb.gz`,
        () => document.title.endsWith(" - speedscope") && document.body.innerText.includes("large.pb.gz"));
      return { millis, bytes: tabBytes(own) };
    });
  } finally {
    server.close();
  }
}

const seconds = (millis) => `${(millis / 1000).toFixed(2)} s`;
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

async function guarded(name, run) {
  try {
    return await run();
  } catch (error) {
    console.error(`${name}: ${String(error).split("\n")[0]}`);
    return undefined;
  }
}

const program = await startProgram();
try {
  const large = join(folder, "large.pb");
  writeLargeProfile(100000, large);
  const small = join(folder, "small.pb");
  writeLargeProfile(2000, small);
  const first = await firstView(program);
  const frames = await zooming(program, small);
  const ours = await oursLarge(program, large);
  const pprof = await guarded("pprof", () => pprofLarge(large));
  const speedscope = await guarded("speedscope", () => speedscopeLarge(large));
  const row = (name, seen) => `| ${name} | ${seen === undefined ? "not within 2 min" : seconds(seen.millis)} | ${seen === undefined ? "–" : megabytes(seen.bytes)} |`;
  console.log(`## The page in the browser

From the begin of the load to the heap's flame graph, in a new browser, median of ${kRounds}: ${Math.round(first)} ms (bar ${kBars.firstMillis}). Zooming in 2,000 stacks: ${frames.frames} frames, median ${frames.median.toFixed(1)} ms, 95th percentile ${frames.p95.toFixed(1)} ms apart (bar ${kBars.frameMillis} at the median).

100,000 stacks, ${megabytes(statSync(large).size)} of proto, to the flame graph, and the memory of the tab (Pss of its process). Bars: ${seconds(kBars.largeMillis)}, ${megabytes(kBars.largeBytes)}.

| page | until shown | memory of the tab |
|---|---|---|
${row("pprof-cpp", ours)}
${row(`pprof's web UI${pprof === undefined ? "" : `, after ${seconds(pprof.reading)} to read the file in its own process`}`, pprof)}
${row("speedscope 1.25.0", speedscope)}`);
  const met = first <= kBars.firstMillis && frames.median <= kBars.frameMillis && ours.millis <= kBars.largeMillis && ours.bytes <= kBars.largeBytes;
  process.exitCode = met ? 0 : 1;
} finally {
  program.stop();
  rmSync(folder, { recursive: true, force: true });
}
