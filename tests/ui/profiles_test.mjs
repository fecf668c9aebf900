// The values on the page are those of `go tool pprof -top` on the same bytes, for every profile.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, nothingOdd, openPage, pageTop, pprof, pprofTop, sameRows, saved, show, startBrowser, startProgram, visit } from "./harness.mjs";

let program, browser, page;
before(async () => {
  program = await startProgram();
  browser = await startBrowser();
  page = await openPage(browser, program);
});
after(async () => {
  await browser?.close();
  program?.stop();
});

async function recorded(name, seconds) {
  await page.locator("input.seconds").fill(String(seconds));
  await page.locator(".recorder button[type=submit]").click();
  await page.waitForSelector("table.top", { timeout: 20000 });
}

async function expectSame(name, words = []) {
  const file = await saved(page, name);
  const expected = pprofTop(file, ...words);
  assert.ok(expected.length > 0, `pprof shows nothing of ${name}`);
  sameRows(await pageTop(page), expected);
}

for (const name of ["heap", "allocs", "peak", "goroutine", "threadcreate", "test.large", "test.hostile"]) {
  test(`${name} is what pprof shows`, async () => {
    await visit(page, program, show({ p: name, view: "top" }));
    await page.waitForSelector("table.top");
    const types = await page.$$eval("select[data-keep=v] option", (all) => all.map(({ value }) => value));
    const shortNames = name !== "test.hostile"; // the page shortens and escapes those
    for (const type of types) {
      await page.locator("select[data-keep=v]").selectOption(type);
      await page.waitForFunction((wanted) => document.querySelector(".sum").textContent.includes(` of ${wanted} `), type);
      if (shortNames) await expectSame(name, [`-sample_index=${type}`]);
    }
    await nothingOdd(page);
  });
}

for (const name of ["profile", "wall", "block", "mutex"]) {
  test(`${name} is recorded and is what pprof shows`, async () => {
    await visit(page, program, show({ p: name, view: "top" }));
    await recorded(name, 1);
    await expectSame(name);
    await nothingOdd(page);
  });
}

test("labels and the search leave what pprof leaves", async () => {
  await visit(page, program, show({ p: "heap", view: "top", label: "route=/orders" }));
  await page.waitForSelector("table.top");
  await expectSame("heap", ["-tagfocus=route=^/orders$"]);
  await page.locator("input[type=search]").fill("KeepBuff");
  await page.locator("[data-keep=only]").check();
  await page.waitForFunction(() => location.hash.includes("only=1") && location.hash.includes("focus=KeepBuff"));
  await page.waitForFunction(() => document.querySelector(".share").textContent.includes("matches"));
  await expectSame("heap", ["-tagfocus=route=^/orders$", "-focus=KeepBuff"]);
});

test("the callers and callees are those of -peek", async () => {
  await visit(page, program, show({ p: "heap", view: "calls", fn: "shop::FillHeap" }));
  await page.waitForSelector("table.calls");
  const file = await saved(page, "heap");
  const peek = pprof("-peek=shop::FillHeap$", "-unit=auto", file);
  const rows = await page.$$eval("table.calls tr", (all) => all.map((row) => [row.cells[2].textContent, row.cells[0].textContent]));
  assert.ok(rows.length > 0);
  for (const [name, value] of rows.sort(byName)) {
    assert.ok(peek.split("\n").some((line) => line.includes(name) && line.includes(value)), `${name} ${value}\n${peek}`);
  }
});

test("a difference is that of -diff_base", async () => {
  await visit(page, program, show({ p: "allocs", view: "top" }));
  await page.waitForSelector("table.top");
  const first = await saved(page, "allocs", "first");
  await page.locator("button.now").click();
  await page.locator("select[data-keep=vs]").waitFor();
  const second = await saved(page, "allocs", "second");
  await page.locator("select[data-keep=vs]").selectOption({ index: 1 });
  await page.waitForFunction(() => document.querySelector(".sum").textContent.includes("since"));
  sameRows(await pageTop(page), pprofTop(second, `-diff_base=${first}`).filter(([, flat, , cum]) => flat !== "0" || cum !== "0"));
});
