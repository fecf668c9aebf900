// The values on the page are those of `go tool pprof -top` on the same bytes, for every profile.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { byName, folder, nothingOdd, page, pageTop, pprof, pprofTop, program, require, sameRows, saved, sharePage, show, visit } from "./harness.mjs";

const { Function, Line, Location, Mapping, Profile, Sample, StringTable, ValueType } = require("pprof-format");

sharePage();

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

test("threads are filtered by their labels", async () => {
  await visit(page, program, show({ p: "goroutine", view: "top", label: "thread=waiter" }));
  await page.waitForSelector("table.top");
  await expectSame("goroutine", ["-tagfocus=thread=^waiter$"]);
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

// What our own profiles do not have: frames to drop, addresses without a name, ids that are not 1 to n,
// numbers that are not packed, negative values.
test("a file of another writer is what pprof shows", async () => {
  const strings = new StringTable();
  const id = (text) => strings.dedup(text);
  const names = ["leaf", "internal.alloc", "work", "main", "inlined"];
  const functions = names.map((name, i) => new Function({ id: 1000 + i * 7, name: id(name), filename: id(`/src/${name}.cc`) }));
  const lines = (...indexes) => indexes.map((i) => new Line({ functionId: 1000 + i * 7, line: i }));
  const location = [
    new Location({ id: 2 ** 40, mappingId: 1, line: lines(0) }), new Location({ id: 5, mappingId: 1, line: lines(1) }),
    new Location({ id: 6, mappingId: 1, line: lines(4, 2) }), new Location({ id: 7, mappingId: 1, line: lines(3) }),
    new Location({ id: 8, mappingId: 1, address: 0x1234 }), new Location({ id: 9, address: 0x99 }),
  ];
  const sample = [[[2 ** 40, 5, 6, 7], [3, 3000]], [[6, 7], [1, -500]], [[8, 6, 7], [2, 70]], [[9], [1, 5]], [[5, 7], [4, 44]], [[7, 6, 7], [1, 9]]]
    .map(([locationId, value]) => new Sample({ locationId, value }));
  const profile = new Profile({
    sampleType: [["events", "count"], ["delay", "microseconds"]].map(([type, unit]) => new ValueType({ type: id(type), unit: id(unit) })),
    sample, location, function: functions, mapping: [new Mapping({ id: 1, filename: id("/opt/lib/libfoo.so"), memoryStart: 4096, memoryLimit: 99999 })],
    dropFrames: id("internal\\..*"), stringTable: strings,
  });
  const file = join(folder, "foreign.pb.gz");
  writeFileSync(file, gzipSync(profile.encode()));
  await visit(page, program, show({ view: "top" }));
  await page.setInputFiles("input[type=file]", file);
  await page.click("text=Table");
  sameRows(await pageTop(page), pprofTop(file));
  await page.locator("select[data-keep=v]").selectOption("events");
  await page.waitForSelector("text=12 of events");
  sameRows(await pageTop(page), pprofTop(file, "-sample_index=events"));
  await nothingOdd(page);
});
