// The overview: charts that stay as they were drawn, times, and the captures of the program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browser, folder, historyFixture, madeUpHeap, nothingOdd, openPage, page, program, sharePage, show, startProgram, visit } from "./harness.mjs";

sharePage();

const isHistory = (url) => url.pathname.endsWith("/history");

async function timeAt(x) {
  const box = await page.locator(".u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 50);
  await page.mouse.move(box.x + x, box.y + 50);
  return page.locator(".u-legend .u-value").first().innerText();
}

async function drag(from, to) {
  const box = await page.locator(".u-over").first().boundingBox();
  await page.mouse.move(box.x + from, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + to, box.y + 50, { steps: 3 });
  await page.mouse.up();
}

test("a part of a chart stays in sight until a double click", async () => {
  await page.clock.install();
  await visit(page, program);
  await page.waitForSelector(".u-legend");
  const whole = await timeAt(10);
  await drag(100, 200);
  const part = await timeAt(10);
  assert.notEqual(part, whole);
  const again = page.waitForResponse((response) => isHistory(new URL(response.url())));
  await page.clock.runFor(5000);
  await again;
  await page.clock.runFor(100);
  assert.equal(await timeAt(10), part);
  await page.evaluate(() => (document.querySelector(".uplot").id = "light"));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => document.querySelector(".uplot:not(#light) .u-legend") && !document.querySelector("#light"));
  assert.equal(await timeAt(10), part);
  await page.locator(".u-over").first().dblclick({ position: { x: 60, y: 50 } });
  assert.equal(await timeAt(10), whole);
  await nothingOdd(page);
});

test("a program that does not answer is an alert, until it answers", async () => {
  await visit(page, program);
  await page.waitForSelector(".u-legend");
  await page.route(isHistory, (route) => route.abort());
  await page.clock.runFor(5000);
  await page.waitForSelector("[role=alert] >> text=The program does not answer");
  await page.unroute(isHistory);
  await page.route(isHistory, (route) => route.fulfill({ json: historyFixture() }));
  await page.clock.runFor(5000);
  await page.waitForFunction(() => document.querySelector("[role=alert]").textContent === "");
  page.odd = page.odd.filter((line) => !line.includes("ERR_FAILED"));
  await nothingOdd(page);
});

test("the span is in the address, and times have one format in a zone that is named", async () => {
  await visit(page, program);
  await page.waitForSelector(".marks li");
  await page.locator("label:has-text('Shown') select").selectOption("10");
  await page.waitForFunction(() => location.hash.includes("span=10"));
  await page.reload();
  await page.waitForSelector(".u-legend");
  assert.equal(await page.inputValue("label:has-text('Shown') select"), "10");
  assert.match(await page.innerText(".marks"), /^08:48:58 mark: purge$/m);
  assert.equal((await page.innerText("body")).match(/UTC/g).length, 1);
  await page.click("table.profiles >> text=heap");
  await page.waitForSelector(".sum:has-text('stacks')");
  assert.match(await page.innerText(".sum"), / · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, /);
  assert.equal(await page.$eval("input.search", (box) => getComputedStyle(box, "::placeholder").color),
    await page.$eval(".quiet", (text) => getComputedStyle(text).color)); // which has the contrast of text
});

test("the numbers at the axes have the decimals of their distance", async () => {
  const idle = historyFixture();
  for (const { rows } of idle.resolutions) for (const row of rows) row[4] /= 50; // 0.01 CPUs
  const other = await openPage(browser, program);
  await other.route(isHistory, (route) => route.fulfill({ json: idle }));
  await other.addInitScript(() => {
    const write = CanvasRenderingContext2D.prototype.fillText;
    window.written = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      window.written.push(text);
      write.call(this, text, ...rest);
    };
  });
  await visit(other, program);
  await other.waitForFunction(() => window.written.includes("0.005"));
  await other.context().close();
});

test("captures are listed, opened at their heap, named, and asked for again after a reload", async () => {
  const name = "20261128T093925Z.4711.memory95";
  const list = { captures: [{ name, reason: "95 % of <b>512 MiB</b>", pid: 4711, unix_seconds: 1764319838, bytes: 2048, before_death: true, files: [] }],
    deaths: ["process 4711 was killed at its memory limit"] };
  mkdirSync(join(folder, name));
  for (const profile of ["heap", "peak"]) writeFileSync(join(folder, name, `${profile}.pb.gz`), madeUpHeap({ "shop::Cart": 100 }));
  writeFileSync(join(folder, name, "goroutine.txt"), await (await fetch(`${program.url}goroutine?debug=2`)).text());
  execFileSync("tar", ["-C", folder, "-czf", join(folder, `${name}.tar.gz`), name]);
  await page.route("**/captures", (route) => route.fulfill({ json: list }));
  await page.route(`**/captures/${name}.tar.gz`, (route) => route.fulfill({ body: readFileSync(join(folder, `${name}.tar.gz`)) }));
  await visit(page, program);
  await page.waitForSelector("text=process 4711 was killed at its memory limit");
  assert.match(await page.innerText("main"), /2025-11-28 08:50:38, pid 4711: 95 % of <b>512 MiB<\/b>/);
  await page.click(`[aria-label="Open ${name}"]`);
  for (let i = 0; i < 2; i++) {
    await page.waitForSelector("h1:text-is('heap 09:39:25 pid 4711')");
    await page.waitForSelector(".flame canvas");
    assert.equal(await page.locator("nav >> text=peak 09:39:25 pid 4711").count(), 1);
    await page.reload();
  }
  await page.click("nav >> text=threads 09:39:25 pid 4711");
  await page.waitForSelector("table.groups >> text=WaitForTheEnd");
  assert.equal(await page.locator("text=Look again").count(), 0);
  await nothingOdd(page);
});

test("the command for a terminal has a place for the token", async () => {
  const token = "0123456789abcdef0123456789abcdef";
  const guarded = await startProgram(["--token", token]);
  const allowed = await openPage(browser, guarded, { history: "real" });
  try {
    await allowed.goto(guarded.url.replace("//", `//:${token}@`)); // the browser keeps it
    await visit(allowed, guarded, show({ p: "heap" }));
    await allowed.waitForSelector(`.command:has-text("${guarded.url.replace("//", "//:TOKEN@")}heap")`);
    await allowed.waitForSelector("text=Write the program's token in place of TOKEN.");
  } finally {
    await allowed.context().close();
    guarded.stop();
  }
});
