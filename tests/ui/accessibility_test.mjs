// axe-core finds nothing in any view, light or dark; everything fits at 400 pixels and at 200 %.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { browser, nothingOdd, openPage, program, require, shareProgram, show, visit } from "./harness.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const views = {
  overview: [{}, ".u-legend"],
  flame: [{ p: "heap" }, ".flame canvas"],
  table: [{ p: "heap", view: "top", focus: "Keep" }, "table.top"],
  calls: [{ p: "heap", view: "calls", fn: "shop::KeepBuffers" }, "table.calls"],
  record: [{ p: "profile" }, ".recorder"],
  gone: [{ p: "heap", age: "1m", vs: "gone" }, ".empty"],
  threads: [{ p: "threads" }, "table.groups"],
};

shareProgram();

// In the dark only the colours are others.
const schemes = { light: {}, dark: { runOnly: ["color-contrast"] } };

async function axeFinds(page, options) {
  const { violations } = await page.evaluate((wanted) => window.axe.run(wanted), options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" ")}`);
}

test("axe finds nothing, light or dark", async () => {
  const page = await openPage(browser, program);
  for (const [name, [state, selector]] of Object.entries(views)) {
    await visit(page, program, show(state));
    await page.waitForSelector(selector);
    await page.evaluate(axe);
    for (const [colorScheme, options] of Object.entries(schemes)) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await axeFinds(page, options), [], `${name}, ${colorScheme}`);
    }
  }
  await nothingOdd(page);
  await page.context().close();
});

// 200 % of 1280 pixels are 640.
test("everything fits into 640 and into 400 pixels", async () => {
  const page = await openPage(browser, program);
  for (const [name, [state, selector]] of Object.entries(views)) {
    await visit(page, program, show(state));
    await page.waitForSelector(selector);
    for (const width of [640, 400]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} pixels wide`);
    }
  }
  await page.context().close();
});

test("every control can be reached with Tab and shows where it is", async () => {
  const page = await openPage(browser, program);
  await visit(page, program, show({ p: "heap" }));
  await page.waitForSelector(".flame canvas");
  const controls = await page.locator("a[href]:visible, button:visible, input:visible, select:visible, .flame").count();
  const reached = new Set();
  for (let i = 0; i < controls + 5; i++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button, input, select, .flame")];
      return all.indexOf(document.activeElement);
    }));
    const outlined = await page.evaluate(() =>
      document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none");
    assert.ok(outlined, await page.evaluate(() => document.activeElement.outerHTML));
  }
  reached.delete(-1);
  assert.ok(reached.size >= controls, `${reached.size} of ${controls}`);
  await page.context().close();
});
