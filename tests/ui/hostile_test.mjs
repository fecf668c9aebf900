// A program whose names are HTML, scripts, bidirectional marks and 64 KiB long changes nothing on the
// page, nor does a hostile file.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { folder, nothingOdd, page, program, require, sharePage, show, visit } from "./harness.mjs";

const { Function, Label, Line, Location, Mapping, Profile, Sample, StringTable, ValueType } = require("pprof-format");
const html = "<img src=x onerror=window.hostile=1>";
const long = `javascript:${"A".repeat(65536)}`;
const bidi = "safe\u202egnp.exe\u2066";

sharePage([html, "<script>window.hostile=1</script>", bidi], { argv0: `${html}${bidi}` });

// No element came from a name, and no text can reorder or hide what is beside it.
async function expectHarmless() {
  await nothingOdd(page);
  assert.equal(await page.locator("main :is(img, script, iframe, svg, b, i, object, embed)").count(), 0);
  const text = await page.innerText("body");
  assert.ok(!/[\u202a-\u202e\u2066-\u2069\u200b]/.test(text), "a bidirectional mark is in the text");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is too wide");
}

for (const view of ["flame", "top", "calls"]) {
  test(`hostile names in the view ${view}`, async () => {
    for (const fn of [html, bidi, long]) {
      await visit(page, program, show({ p: "test.hostile", view, fn: fn.slice(0, 1000), focus: "script" }));
      await page.waitForSelector(".notes");
      await expectHarmless();
      if (view === "top") assert.ok((await page.innerText("table.top")).includes("<script>window.hostile=1</script>"));
    }
  });
}

test("hostile labels, thread names and command line", async () => {
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector("select[data-keep='label route']");
  await page.locator("select[data-keep='label route']").selectOption({ index: 1 });
  await expectHarmless();
  await visit(page, program, show({ p: "threads" }));
  await page.waitForSelector("text=<i>burner</i>");
  await expectHarmless();
  await visit(page, program);
  await page.waitForSelector(`header strong:has-text("onerror")`);
  await expectHarmless();
});

function hostileFile() {
  const strings = new StringTable();
  const id = (text) => strings.dedup(text);
  const names = [html, long, bidi, "<script>window.hostile=1</script>", "__proto__", "constructor", "toString"];
  const functions = names.map((name, i) => new Function({ id: i + 1, name: id(name), filename: id(`/${html}/${bidi}`) }));
  const locations = names.map((_, i) => new Location({ id: i + 1, mappingId: 1, line: [new Line({ functionId: i + 1, line: 1 })] }));
  const sample = new Sample({
    locationId: names.map((_, i) => i + 1), value: [7],
    label: [new Label({ key: id("__proto__"), str: id(html) }), new Label({ key: id(long), str: id(bidi) })],
  });
  const profile = new Profile({
    sampleType: [new ValueType({ type: id(html), unit: id(`${bidi}<b>`) })], sample: [sample], location: locations,
    function: functions, mapping: [new Mapping({ id: 1, filename: id(`/lib/${html}`) })],
    comment: [id(html), id(long)], stringTable: strings,
  });
  return gzipSync(profile.encode());
}

test("a hostile file, with a hostile name", async () => {
  const path = join(folder, `<img src=x onerror=alert(1)>.pb.gz`);
  writeFileSync(path, hostileFile());
  await visit(page, program);
  await page.setInputFiles("input[type=file]", path);
  await page.waitForSelector(".notes");
  await expectHarmless();
  for (const title of ["Table", "Callers and callees", "Flame graph"]) {
    await page.click(`.tabs >> text=${title}`);
    await expectHarmless();
  }
});

test("hostile links", async () => {
  for (const hash of [`#p=${encodeURIComponent(html)}`, "#p=__proto__", "#p=../../etc/passwd", "#p=%00&v=%ff&label==",
    `#p=heap&fn=${encodeURIComponent(html)}&view=calls`, "#p=heap&focus=%5B", "#p=heap&view=nosuch&vs=99&zoom=x"]) {
    await visit(page, program, hash);
    await page.waitForSelector("h1");
    page.odd = page.odd.filter((line) => !/status of 40[04]/.test(line));
    await expectHarmless();
  }
});

test("broken files are refused with a sentence", async () => {
  const good = hostileFile();
  await visit(page, program);
  for (const [name, bytes] of [["cut.pb.gz", good.subarray(0, good.length / 2)], ["empty", Buffer.alloc(0)],
    ["random", Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))], ["zeros.tar", Buffer.alloc(2048)]]) {
    await page.setInputFiles("input[type=file]", { name, mimeType: "application/octet-stream", buffer: bytes });
    await page.waitForFunction(() => /profile|cut off/.test(document.querySelector("[role=alert]").textContent));
    await nothingOdd(page);
  }
});
