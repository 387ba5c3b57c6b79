// The openings that test files share: one browser a file, and either the double, a new one for each test, or the real gateway.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import { launch } from "./browser.mjs";
import { FakeGateway } from "./fake-gateway.mjs";

/** The real gateway's address; undefined: tests against it are skipped. */
export const REAL_URL = process.env.GATEWAY_URL;
export const needsReal = { skip: REAL_URL === undefined ? "GATEWAY_URL is not set" : false };
/** How long to wait for an alarm; scenarios of the simulator raise theirs after a while. */
export const alarmWaitMs = Number(process.env.ALARM_WAIT_S ?? 0) * 1000;

/** What the real gateway answers; anything but 200 fails the test. */
export async function api(path) {
  const response = await fetch(new URL(`api/v1/${path}`, REAL_URL));
  assert.equal(response.status, 200, `GET ${path}`);
  return response.json();
}

/** To be called in a describe: `browser.open` and the rest of launch(), for its tests. */
export function oneBrowser() {
  const held = {};
  before(async () => { held.browser = await launch(); });
  after(async () => { await held.browser?.close(); });
  return { open: (...words) => held.browser.open(...words) };
}

/** To be called in a describe: a double and its page for each test. `prepare`: what the double is told before a page asks. */
export function onePage(prepare = () => undefined) {
  const browser = oneBrowser();
  const held = {
    gateway: undefined,
    /** The page that was opened last: { page, seen, close }. */
    opened: undefined,
    /** `path`: the part behind the #; waits for the selector `shows`, without it for the whole overview. */
    async open({ path, shows, ...options } = {}) {
      held.opened = await browser.open(`${held.gateway.url}${path === undefined ? "" : `#/${path}`}`, { ...options, ...(shows === undefined ? {} : { settle: false }) });
      if (shows !== undefined) await held.opened.page.waitForSelector(shows);
      return held.opened.page;
    },
    async close() {
      await held.opened?.close();
      held.opened = undefined;
    },
  };
  beforeEach(async () => {
    held.gateway = await new FakeGateway().start();
    prepare(held.gateway);
  });
  afterEach(async () => {
    await held.close();
    await held.gateway.stop();
  });
  return held;
}
