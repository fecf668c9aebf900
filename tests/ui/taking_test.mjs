// Profiles that are taken and recorded: which one is shown, how old it is, and of which process.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { historyFixture, madeUpHeap, nothingOdd, page, pageTop, program, sharePage, show, visit } from "./harness.mjs";

sharePage();
afterEach(async () => {
  for (const match of routed.splice(0)) await page.unroute(match);
  await nothingOdd(page);
});

const routed = [];
function route(match, handler) {
  routed.push(match);
  return page.route(match, handler);
}

// Answers the requests for a profile one after the other; the last one again and again.
async function answer(name, ...bodies) {
  const asked = [];
  await route((url) => url.pathname.endsWith(`/${name}`), (one) => {
    asked.push(new URL(one.request().url()).search);
    return one.fulfill({ body: bodies[Math.min(asked.length, bodies.length) - 1] });
  });
  return asked;
}

async function record(seconds) {
  await page.fill("input.seconds", String(seconds));
  await page.click(".recorder button[type=submit]");
}

const before100 = madeUpHeap({ "shop::Cart": 100, "shop::Steady": 50 });
const after300 = madeUpHeap({ "shop::Cart": 300, "shop::Steady": 50 });

test("one click shows how memory in use changed", async () => {
  const asked = await answer("heap", before100, before100, after300);
  await visit(page, program, show({ p: "heap", view: "top" }));
  await page.waitForSelector("table.top");
  await record(1);
  await page.waitForSelector(".sum:has-text('+200B of inuse_space since')");
  assert.deepEqual((await pageTop(page)).map(([name, flat]) => [name, flat]), [["shop::Cart", "200B"]]);
  assert.deepEqual(asked, ["", "", ""]); // the server's seconds= gives all that is in use at the end
});

test("a profile to compare with is gone after a reload, and the page says so", async () => {
  await answer("heap", before100, after300);
  await visit(page, program, show({ p: "heap", view: "top" }));
  await page.click("text=Take it now");
  await page.locator("select[data-keep=vs]").selectOption({ index: 1 });
  await page.waitForSelector(".sum:has-text('+200B')");
  await page.reload();
  await page.waitForSelector("text=The profile to compare with is gone; take it again");
  assert.match(await page.innerText(".sum"), /^350B of inuse_space/);
  assert.equal(await page.locator("select[data-keep=vs]").count(), 1);
  assert.ok(!(await page.innerText(".command")).includes("diff_base"));
  await page.click("text=Take it now");
  await page.waitForFunction(() => document.querySelectorAll("select[data-keep=vs] option").length === 3);
  assert.ok((await page.innerText("main")).includes("is gone"));
  await page.locator("select[data-keep=vs]").selectOption({ index: 1 });
  await page.waitForSelector("text=0 of inuse_space since");
});

test("a recording goes on while another page is shown", async () => {
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  await route((url) => url.search === "?seconds=300", (one) => finished.then(() => one.fulfill({ body: after300 })));
  await visit(page, program, show({ p: "profile", view: "top" }));
  await page.waitForSelector("text=Nothing is recorded before you ask for it");
  await record(300);
  await page.waitForSelector("text=/2\\d\\d s left/");
  assert.ok(!(await page.innerText("main")).includes("Nothing is recorded"));
  await page.click("nav >> text=Threads");
  await page.waitForSelector("h1:has-text('Threads')");
  await page.goBack();
  await page.waitForSelector("text=/2\\d\\d s left/");
  assert.ok(!(await page.innerText("main")).includes("Nothing is recorded"));
  finish();
  await page.waitForSelector("table.top >> text=shop::Cart");
});

test("what ended while another page was shown is there when one comes back", async () => {
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  await route((url) => url.search === "?seconds=300", (one) => finished.then(() => one.fulfill({ status: 503, body: "too busy\n" })));
  await visit(page, program, show({ p: "wall" }));
  await record(300);
  await page.click("nav >> text=Overview");
  await page.waitForSelector(".u-legend");
  const answered = page.waitForResponse((response) => response.url().includes("seconds=300"));
  finish();
  await answered;
  assert.equal(await page.innerText("[role=alert]"), "");
  await page.goBack();
  await page.waitForSelector("[role=alert] >> text=too busy");
  page.odd = page.odd.filter((line) => !line.includes("503"));
});

test("a refused recording leaves no sentence that nothing was asked for", async () => {
  await route("**/profile?*", (one) => one.fulfill({ status: 503, body: "too busy\n" }));
  await visit(page, program, show({ p: "profile" }));
  await record(5);
  await page.waitForSelector("[role=alert] >> text=too busy");
  assert.ok(!(await page.innerText("main")).includes("Nothing is recorded"));
  page.odd = page.odd.filter((line) => !line.includes("503"));
});

test("a profile that is opened from the overview is taken anew; older ones can be compared", async () => {
  const asked = await answer("heap", before100, after300);
  await visit(page, program);
  await page.click("table.profiles >> text=heap");
  await page.waitForSelector(".sum:has-text('150B of inuse_space')");
  assert.match(await page.innerText("main"), /Taken at \d\d:\d\d:\d\d/);
  await page.click("nav >> text=Overview");
  await page.click("table.profiles >> text=heap");
  await page.waitForSelector(".sum:has-text('350B of inuse_space')");
  assert.equal(await page.locator("select[data-keep=vs] option").count(), 2);
  await page.click("nav >> text=Threads");
  await page.goBack();
  await page.waitForSelector(".sum:has-text('350B of inuse_space')");
  assert.equal(asked.length, 2);
});

test("a program that was started again is another process", async () => {
  await answer("heap", before100, after300);
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector("text=/Taken at/");
  const restarted = { ...historyFixture(), pid: 124, started: 1764319801 };
  await route((url) => url.pathname.endsWith("/history"), (one) => one.fulfill({ json: restarted }));
  await page.click("nav >> text=Threads");
  await page.click("nav >> text=heap");
  await page.waitForSelector("text=The program was restarted at 08:50:01.");
  await page.waitForSelector("text=/Taken at .*, of a process that has ended/");
  await page.click("text=Take it now");
  await page.waitForSelector(".sum:has-text('350B')");
  assert.match(await page.innerText("main"), /Taken at \d\d:\d\d:\d\d\n/);
  assert.match(await page.innerText("select[data-keep=vs]"), /heap, \d\d:\d\d:\d\d, before the restart/);
});

test("a change that was recorded while another page was shown is shown when one comes back", async () => {
  const asked = await answer("heap", before100, before100, after300);
  await visit(page, program, show({ p: "heap", age: "1m" }));
  await page.waitForSelector(".sum:has-text('150B')");
  await record(1);
  await page.click("nav >> text=Overview");
  await page.waitForSelector(".u-legend");
  while (asked.length < 3) await page.waitForResponse((response) => response.url().includes("heap"));
  await page.click("table.profiles >> text=heap");
  await page.waitForSelector(".sum:has-text('+200B of inuse_space since')");
  assert.deepEqual(asked, ["?min_age=1m", "?min_age=1m", "?min_age=1m"]);
  assert.equal(await page.inputValue("label:has-text('Older than') select"), "1m");
});

test("a leak profile without samples says what that means", async () => {
  await answer("leak", madeUpHeap({}));
  await visit(page, program, show({ p: "leak" }));
  await page.waitForSelector("text=Nothing is lost: something still points to every sampled object.");
  assert.deepEqual(await page.locator(".empty a").allInnerTexts(), ["heap", "holders"]);
});

test("the least age of objects is chosen, and in the link", async () => {
  const asked = await answer("heap", after300, before100);
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector(".sum:has-text('350B')");
  assert.ok(!(await page.innerText("main")).includes("min_age")); // the description speaks of addresses
  await page.locator("label:has-text('Older than') select").selectOption("10m");
  await page.waitForSelector(".sum:has-text('150B')");
  assert.deepEqual(asked, ["", "?min_age=10m"]);
  await page.reload();
  await page.waitForSelector(".sum:has-text('150B')");
  assert.equal(asked[2], "?min_age=10m");
  assert.equal(await page.inputValue("label:has-text('Older than') select"), "10m");
  await visit(page, program, show({ p: "heap", age: "1m&gc=1" })); // no menu has it
  await page.waitForSelector(".sum");
  assert.equal(asked[3], "");
});
