// Pictures of the page of a program that leaks, for scripts/demo.sh --screenshots.
//
//   node screenshots.mjs NODE_MODULES DIRECTORY leak|purge http://HOST:PORT/debug/pprof/
//
// leak: the memory graph, the flame graph of the heap, and the threads, now. purge: waits until the
// program has given back memory and shows the difference.
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, directory, what, url] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const kPatience = 60000; // milliseconds
const kWidth = 1100;
const kHeight = 860;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"],
});
const page = await browser.newPage({ viewport: { width: kWidth, height: kHeight } });

async function shoot(hash, selector, name, height) {
  await page.setViewportSize({ width: kWidth, height });
  await page.goto("about:blank");
  await page.goto(url + hash);
  await page.waitForSelector(selector, { timeout: kPatience });
  await page.mouse.move(0, 0);
  await picture(name);
}

async function picture(name) {
  await page.screenshot({ path: join(directory, `${name}.png`) });
  console.log(join(directory, `${name}.png`));
}

const bytesInUse = async () => {
  const [, number, unit] = /([\d.]+)([kMG]?B) of inuse_space/.exec(await page.innerText(".sum"));
  return Number(number) * { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit];
};

async function takeAgain() {
  const before = await page.locator(".sum").elementHandle();
  await page.click("button.now");
  await before.waitForElementState("hidden", { timeout: kPatience });
  await page.waitForSelector(".sum");
}

async function waitForPurge() {
  const end = Date.now() + kPatience;
  for (let most = await bytesInUse(), now = most; now > most / 2; most = Math.max(most, now)) {
    if (Date.now() > end) throw new Error("the program gave back no memory within a minute");
    await takeAgain();
    now = await bytesInUse();
  }
}

if (what === "leak") {
  await shoot("", ".u-legend, [role=status]:not(:empty)", "overview", 540);
  await shoot("#p=heap&focus=reqctx::Set", ".flame canvas", "flame", kHeight);
  await shoot("#p=threads", "table.groups", "threads", 360);
} else {
  await page.goto(`${url}#p=heap`);
  await page.waitForSelector(".flame canvas", { timeout: kPatience });
  await waitForPurge();
  const others = page.locator("select[data-keep=vs]");
  await others.selectOption({ index: (await others.locator("option").count()) - 1 });
  await page.waitForSelector("text=since heap");
  await picture("purge");
}
await browser.close();
