// What people do on the page: links, keys, recordings, files, comparing, threads, charts, the token.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browser, folder, nothingOdd, openPage, page, pageTop, pprofTop, program, sameRows, saved, sharePage, show, startProgram, visit } from "./harness.mjs";

sharePage();

test("the index of tools is Go's, without the page", async () => {
  const plain = await (await fetch(program.url)).text();
  const forBrowsers = await (await fetch(program.url, { headers: { Accept: "text/html" } })).text();
  assert.ok(plain.startsWith("<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\n<body>\n/debug/pprof/<br>\n"));
  const body = (text) => text.slice(text.indexOf("<body>")).replace(/<td>\d+/g, "<td>N"); // counts change
  assert.equal(body(forBrowsers), body(plain));
  assert.ok(!plain.includes("<script") && !plain.includes("ui/page"));
});

test("without JavaScript there is the index", async () => {
  const plain = await openPage(browser, program, { javaScriptEnabled: false });
  await plain.goto(program.url);
  assert.ok((await plain.innerText("body")).includes("Types of profiles available:"));
  await plain.context().close();
});

test("the overview shows the last values in words, and marks", async () => {
  await visit(page, program);
  await page.waitForSelector(".u-legend");
  const text = await page.innerText("main");
  for (const words of ["Resident 136.20MB, 27 % of the limit of 512MB", "0.50 CPUs in use", "12 now.", "mark: purge", "heap"]) {
    assert.ok(text.includes(words), `${words} is not in ${text}`);
  }
  assert.equal(await page.locator(".chart canvas").count(), 4);
  await page.locator("label:has-text('Shown') select").selectOption("10");
  await nothingOdd(page);
});

test("the charts are those of the program's history", async (t) => {
  const text = await fetch(`${program.url}history`).then((answer) => (answer.ok ? answer.json() : undefined));
  if (text === undefined) return t.skip("the server keeps no history");
  const real = await openPage(browser, program, { history: "real" });
  await visit(real, program);
  await real.waitForSelector(".u-legend");
  assert.match(await real.innerText("main"), new RegExp(`Process ${text.pid}, running for .*Resident \\d+(\\.\\d+)?MB`, "s"));
  assert.match(await real.innerText(".marks"), /start: 127\.0\.0\.1:\d+/);
  await nothingOdd(real);
  await real.context().close();
});

test("a program without a history says so", async () => {
  const without = await openPage(browser, program, { history: false });
  await visit(without, program);
  await without.waitForSelector("text=This program keeps no history");
  await nothingOdd(without);
  await without.context().close();
});

test("a link shows the same after a reload", async () => {
  await visit(page, program, show({ p: "heap", v: "alloc_space", focus: "KeepBuffers", view: "top", sort: "cum" }));
  for (let i = 0; i < 2; i++) {
    await page.waitForSelector("table.top tr.match");
    assert.equal(await page.inputValue("select[data-keep=v]"), "alloc_space");
    assert.equal(await page.inputValue("input[type=search]"), "KeepBuffers");
    assert.equal(await page.getAttribute("th:has-text('Cum')", "aria-sort"), "descending");
    await page.reload();
  }
  await nothingOdd(page);
});

test("the search says what share it matches, and what is wrong with it", async () => {
  await visit(page, program, show({ p: "heap", focus: "KeepBuffers" }));
  await page.waitForFunction(() => /^9\d\.\d+% matches|^100% matches/.test(document.querySelector(".share")?.textContent ?? ""));
  await page.fill("input[type=search]", "Keep(");
  await page.waitForFunction(() => document.querySelector(".share").textContent.includes("not a regular expression"));
  await nothingOdd(page);
});

test("the keyboard moves in the flame graph and zooms", async () => {
  await visit(page, program, show({ p: "heap" }));
  await page.focus(".flame");
  const said = () => page.innerText(".said");
  assert.ok((await said()).startsWith("all · "));
  for (let i = 0; i < 40 && !(await said()).startsWith("shop::FillHeap"); i++) await page.keyboard.press("ArrowDown");
  assert.match(await said(), /^shop::FillHeap · 1\d(\.\d+)?MB · \d+/);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("zoom=shop"));
  await page.click("text=Callers and callees of it");
  await page.waitForSelector("text=Who calls it");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.type), "search");
  await nothingOdd(page);
});

test("a click zooms, a second one zooms out; the root can be below", async () => {
  await visit(page, program, show({ p: "heap" }));
  const canvas = page.locator(".flame canvas");
  await canvas.click({ position: { x: 200, y: 30 } });
  await page.waitForFunction(() => location.hash.includes("zoom="));
  await canvas.click({ position: { x: 200, y: 30 } });
  await page.waitForFunction(() => !location.hash.includes("zoom="));
  await page.click("text=Root below");
  await page.waitForFunction(() => location.hash.includes("up=1"));
  await nothingOdd(page);
});

test("a recording counts down and can be cancelled", async () => {
  await visit(page, program, show({ p: "profile" }));
  await page.fill("input.seconds", "300");
  await page.click("text=Record CPU time");
  await page.waitForSelector("text=/2\\d\\d s left/");
  await page.waitForFunction(() => document.querySelector("progress").value > 0);
  await page.click("text=Cancel");
  await page.waitForSelector("text=Record CPU time");
  assert.equal(await page.innerText("[role=alert]"), "");
  await nothingOdd(page);
});

test("a refusal is shown in the program's words, and an unknown profile is not asked for", async () => {
  await visit(page, program, show({ p: "nosuch" }));
  await page.waitForSelector("text=This program has no profile nosuch");
  await nothingOdd(page);
  await page.route("**/heap", (route) => route.fulfill({ status: 503, body: "too many profiles were asked for; try again in 1 s\n" }));
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector("[role=alert] >> text=too many profiles were asked for; try again in 1 s");
  await page.unroute("**/heap");
  page.odd = page.odd.filter((line) => !line.includes("503"));
});

test("files and captures are opened, and compared", async () => {
  await visit(page, program, show({ p: "heap", view: "top" }));
  await page.waitForSelector("table.top");
  const file = await saved(page, "heap");
  await page.setInputFiles("input[type=file]", file);
  await page.waitForSelector("h1:has-text('heap.pb.gz')");
  await page.click("text=Table");
  sameRows(await pageTop(page), pprofTop(file));
  const capture = join(folder, "capture");
  mkdirSync(capture);
  copyFileSync(file, join(capture, "heap.20260101T000000Z.pb.gz"));
  execFileSync("tar", ["-C", folder, "-czf", join(folder, "capture.tar.gz"), "capture"]);
  await page.setInputFiles("input[type=file]", join(folder, "capture.tar.gz"));
  await page.waitForSelector("h1:has-text('heap.20260101T000000Z.pb.gz')");
  await page.locator("select[data-keep=vs]").selectOption({ index: 1 });
  await page.waitForSelector("text=0 of inuse_space since");
  await page.setInputFiles("input[type=file]", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("no profile") });
  await page.waitForSelector("text=/in pprof.s format/");
  await nothingOdd(page);
});

test("the download is what was received, and the command is complete", async () => {
  await visit(page, program, show({ p: "heap", v: "inuse_objects", focus: "Keep", only: 1 }));
  await page.waitForSelector(".command");
  assert.equal(await page.innerText(".command"),
    `go tool pprof -http=: -sample_index=inuse_objects -focus=Keep ${program.url}heap`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download")]);
  assert.deepEqual(readFileSync(await download.path()), await page.bodies.get("heap"));
  await nothingOdd(page);
});

test("threads are grouped, with locks, owners and the deadlock", async () => {
  await visit(page, program, show({ p: "threads" }));
  await page.waitForSelector("table.groups");
  const alarms = await page.locator("p.deadlock").allInnerTexts();
  assert.ok(alarms.some((text) => /^\[deadlock\] goroutine \d+ waits for \d+, which waits for \d+/.test(text)), alarms.join());
  const rows = await page.$$eval("table.groups tbody tr", (all) => all.map((row) => row.innerText));
  assert.ok(rows.some((row) => row.includes("[deadlock]") && /lock 0x[0-9a-f]+, held by \d+/.test(row)));
  assert.ok(rows.some((row) => row.startsWith("5\t") && row.includes("sync.Cond.Wait") && row.includes("WaitForTheEnd")));
  await page.fill("input[type=search]", "WaitForTheEnd");
  await page.waitForFunction(() => document.querySelectorAll("table.groups tbody tr").length === 1);
  await page.click("summary");
  await page.waitForSelector("text=/ui_server.cpp:\\d+/");
  await page.click("text=Look again");
  await nothingOdd(page);
});

test("a token is asked for once", async () => {
  const token = "0123456789abcdef0123456789abcdef";
  const guarded = await startProgram(["--token", token]);
  try {
    const refused = await fetch(guarded.url);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="pprof"'); // or browsers do not ask
    const allowed = await openPage(browser, guarded, { httpCredentials: { username: "me", password: token } });
    await visit(allowed, guarded, show({ p: "heap", view: "top" }));
    await allowed.waitForSelector("table.top");
    allowed.odd = allowed.odd.filter((line) => !line.includes("401"));
    await nothingOdd(allowed);
    assert.ok(!(await allowed.content()).includes(token));
  } finally {
    guarded.stop();
  }
});
