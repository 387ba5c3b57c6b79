// What every browser test shares: one Chromium, pages that record what they ask for and what goes wrong in them, screenshots, axe.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const PICTURES = fileURLToPath(new URL("../../build/browser/", import.meta.url));
export const SIZES = { 1280: { width: 1280, height: 900 }, 390: { width: 390, height: 844 } };
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export async function launch() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  return {
    /** A page of its own storage. `errors`: script errors and console errors; `foreign`: requests to any other host. */
    async open(url, { width = 1280, dark = false, language, operator, settle = true } = {}) {
      const own = await browser.newContext({
        viewport: SIZES[width], colorScheme: dark ? "dark" : "light", isMobile: width === 390, hasTouch: width === 390,
        locale: "zh-CN", timezoneId: "Asia/Shanghai", serviceWorkers: "block",
      });
      const page = await own.newPage();
      const host = new URL(url).host;
      const seen = { requests: [], foreign: [], errors: [] };
      const note = (address) => {
        seen.requests.push(address);
        const { protocol, host: asked } = new URL(address);
        if (protocol !== "data:" && protocol !== "blob:" && asked !== host) seen.foreign.push(address);
      };
      page.on("request", (request) => note(request.url()));
      page.on("websocket", (socket) => note(socket.url()));
      page.on("pageerror", (error) => seen.errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
      await page.addInitScript(([lang, name]) => {
        if (lang && localStorage.getItem("gateway.language") === null) localStorage.setItem("gateway.language", lang);
        if (name && localStorage.getItem("gateway.operator") === null) localStorage.setItem("gateway.operator", name);
      }, [language, operator]);
      await page.goto(url);
      if (settle) await page.waitForSelector(".overview .side", { state: "attached" }); // made just after the figures
      return { page, seen, close: () => own.close() };
    },
    close: () => browser.close(),
  };
}

/** The whole page, and (`fold: true`) only what is seen without scrolling. */
export async function picture(page, name, { fold = false } = {}) {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: !fold, animations: "disabled" });
}

/** Findings of axe-core that are serious or critical, one line each. */
export async function seriousFindings(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.replace(/\s+/g, " ")}`));
}

export async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Waits until `read` gives something that `accepts` takes; the last reading is in the error. */
export async function until(what, read, accepts, timeoutMs = 5000) {
  const end = Date.now() + timeoutMs;
  let last;
  do {
    last = await read();
    if (accepts(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
  throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(last)}`);
}
