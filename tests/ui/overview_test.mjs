// The overview: charts that stay as they were drawn; alerts and times.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { historyFixture, nothingOdd, openPage, startBrowser, startProgram, visit } from "./harness.mjs";

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

test("the span is in the address, and times are those of 24 hours", async () => {
  await visit(page, program);
  await page.waitForSelector(".marks li");
  await page.locator("label:has-text('Shown') select").selectOption("10");
  await page.waitForFunction(() => location.hash.includes("span=10"));
  await page.reload();
  await page.waitForSelector(".u-legend");
  assert.equal(await page.inputValue("label:has-text('Shown') select"), "10");
  assert.match(await page.innerText(".marks"), /^08:48:58 mark: purge$/m);
  await page.click("table.profiles >> text=heap");
  await page.waitForSelector(".sum:has-text('stacks')");
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
