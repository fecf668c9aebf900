// What helps to read a profile and the threads: searches, zooms, notes, tables, and links between threads.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { madeUpHeap, nothingOdd, page, program, sharePage, show, visit } from "./harness.mjs";

sharePage();
afterEach(async () => {
  await nothingOdd(page);
  await page.unroute("**/heap");
});

const heapIs = (bytesOf) => page.route("**/heap", (route) => route.fulfill({ body: madeUpHeap(bytesOf) }));
const wrong = "text=/not a regular expression/";
const steps = () => page.evaluate(() => history.length);
const namesInTable = () => page.locator("table.top td.name").allInnerTexts();

test("a wrong regular expression leaves everything usable", async () => {
  await visit(page, program, show({ p: "heap", focus: "(" }));
  await page.waitForSelector(".flame canvas");
  await page.waitForSelector(wrong);
  assert.equal(await page.inputValue("input[type=search]"), "(");
  await page.click("text=Table");
  await page.waitForSelector("table.top");
  await page.click("text=Take it now");
  await page.waitForFunction(() => document.querySelector("select[data-keep=vs]"));
  await page.waitForSelector(wrong);
  await page.fill("input[type=search]", "KeepBuffers");
  await page.waitForSelector("table.top tr.match");
  assert.equal(await page.locator(wrong).count(), 0);
});

test("typing is no step for Back, and Back changes the search", async () => {
  for (const [state, rows] of [[{ p: "heap", view: "top" }, "table.top tr.match"], [{ p: "threads" }, "table.groups tbody tr"]]) {
    await visit(page, program, show(state));
    await page.waitForSelector("table");
    const before = await steps();
    await page.locator("input[type=search]").pressSequentially("Burn");
    await page.waitForFunction(() => location.hash.includes("focus=Burn"));
    assert.equal(await steps(), before);
    await page.evaluate(() => (location.hash += "|Fill"));
    await page.waitForFunction(() => document.querySelector("input[type=search]").value === "Burn|Fill");
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("input[type=search]").value === "Burn");
    assert.equal(await page.locator(rows).count(), state.p === "heap" ? 0 : 1);
  }
});

test("Back undoes a zoom; the chosen box is described above the boxes, in sight", async () => {
  await visit(page, program, show({ p: "test.large" }));
  const canvas = page.locator(".flame canvas");
  const above = async () => {
    const [said, boxes] = [await page.locator(".said").boundingBox(), await page.locator(".flame").boundingBox()];
    assert.ok(said.y >= 0 && said.y + said.height <= Math.max(boxes.y, 200), `${said.y} ${boxes.y}`);
    return boxes.y;
  };
  await canvas.waitFor();
  const top = await above();
  await canvas.click({ position: { x: 100, y: 30 } });
  await page.waitForFunction(() => location.hash.includes("zoom="));
  assert.ok(await page.isVisible("text=Callers and callees of it"));
  assert.equal(await above(), top); // or a second click would meet another box
  await page.mouse.wheel(0, 500);
  await page.waitForFunction(() => scrollY > 100);
  await above();
  await page.click("text=Root below");
  await page.waitForFunction(() => location.hash.includes("up=1"));
  assert.ok(await page.isVisible("text=Callers and callees of it")); // the chosen box stays chosen
  await page.goBack();
  await page.goBack();
  await page.waitForFunction(() => !location.hash.includes("zoom=") && /^all · /.test(document.querySelector(".said").textContent));
});

test("libraries without names are of interest only where they are innermost", async () => {
  await heapIs({ "shop::Cart [libouter.so]": 100 });
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector(".notes");
  assert.ok(!(await page.innerText(".notes")).includes("Not known"));
  await page.unroute("**/heap");
  await heapIs({ "shop::Cart [libouter.so]": 70, "[libinner.so] shop::Cart": 30 });
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector("text=Not known");
  assert.deepEqual(await page.locator("ul.unknown li").allInnerTexts(), ["[libinner.so] 30B, 30.00%"]);
});

test("the table has the program's functions alone, if one asks for them", async () => {
  await heapIs({ "shop::Cart [libouter.so]": 70, "[libinner.so] shop::Main": 30 });
  await visit(page, program, show({ p: "heap", view: "top" }));
  await page.click("text=only the program's functions");
  await page.waitForFunction(() => location.hash.includes("own=1") && document.querySelectorAll("table.top tbody tr").length === 2);
  assert.deepEqual(await namesInTable(), ["shop::Cart", "shop::Main"]);
  await page.reload();
  await page.waitForSelector("table.top");
  assert.deepEqual(await namesInTable(), ["shop::Cart", "shop::Main"]);
});

test("a part of a function's name is enough", async () => {
  await heapIs({ "shop::Cart shop::Main": 70, "shop::Card shop::Main": 30 });
  await visit(page, program, show({ p: "heap", view: "calls" }));
  await page.fill("[aria-label=Function]", "cAR");
  assert.deepEqual(await page.$$eval("datalist option", (all) => all.map(({ value }) => value)), ["shop::Cart", "shop::Card"]);
  await page.keyboard.press("Enter");
  await page.click("main li >> text=shop::Card");
  await page.waitForSelector(".sum:has-text('shop::Card: 30B')");
});

test("threads that wait lead to those they wait for", async () => {
  await visit(page, program, show({ p: "threads" }));
  const row = page.locator("table.groups tbody tr:has-text('held by')").first();
  const owner = await row.locator("button").first().innerText();
  assert.match(await row.innerText(), /^1\t\d+ .*ui_server\.cpp:\d+/s);
  await row.locator("button").first().click();
  const found = page.locator(`table.groups tbody tr:has(td:nth-child(2):has-text("${owner}"))`);
  await found.locator("details[open]").waitFor();
  const covered = () => page.evaluate(() => {
    const { left, top } = document.activeElement.getBoundingClientRect();
    return document.elementFromPoint(left + 5, top + 5) !== document.activeElement;
  });
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  assert.equal(await covered(), false);
  assert.match(await page.innerText("main"), /Seen at \d\d:\d\d:\d\d/);
  await page.evaluate(() => (document.querySelector("table.groups").id = "before"));
  await page.click("text=Look again");
  await page.waitForSelector("table.groups:not(#before)");
  assert.equal(await found.locator("details[open]").count(), 1);
});

test("an alarm's numbers are links, also to a thread that the search hides", async () => {
  await visit(page, program, show({ p: "threads", focus: "WaitForTheEnd" }));
  await page.waitForFunction(() => document.querySelectorAll("table.groups tbody tr").length === 1);
  await page.locator("p.deadlock button").first().click();
  await page.waitForSelector("table.groups tr:has(.deadlock) details[open]");
  assert.equal(await page.inputValue("input[type=search]"), "");
});
