// Log-in, log-out and refusals as the page shows them. The double answers, because locks and ended sessions have to come at a wanted
// moment; that the real gateway refuses and lets in is login.test.mjs's to show.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { overflow, picture, seriousFindings, until } from "./browser.mjs";
import { badDay } from "./fake-days.mjs";
import { onePage } from "./opened.mjs";

describe("log-in", () => {
  const one = onePage((gateway) => {
    gateway.users = { 王伟: { password: "correct horse", role: "operator" }, guest: { password: "correct horse", role: "viewer" } };
  });
  const open = (options) => one.open({ shows: ".login", ...options });
  const logIn = async (page, user, password = "correct horse") => {
    await page.fill("#login-user", user);
    await page.fill("#login-password", password);
    await page.keyboard.press("Enter");
  };

  test("without a session there is a log-in and not one figure", async () => {
    const page = await open();
    assert.equal(await page.locator(".value").count(), 0);
    assert.equal(await page.locator(".menu").count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "login-user");
    assert.deepEqual(await seriousFindings(page), []);
    await picture(page, "login-zh-1280", { fold: true });
    assert.equal(one.gateway.connections, 0);
  });

  test("the log-in fits a phone, in English and dark", async () => {
    const page = await open({ width: 390, language: "en", dark: true });
    assert.deepEqual(await seriousFindings(page), []);
    assert.ok(await overflow(page) <= 0);
    await picture(page, "login-en-390", { fold: true });
  });

  test("a wrong password is said, and only the password is asked for again", async () => {
    const page = await open();
    await logIn(page, "王伟", "wrong horse");
    await page.waitForSelector("[role=alert] >> text=用户名或密码不正确");
    assert.equal(await page.inputValue("#login-user"), "王伟");
    assert.equal(await page.inputValue("#login-password"), "");
    assert.deepEqual(await seriousFindings(page), []);
  });

  test("a lock says for how long", async () => {
    one.gateway.lockedS = 90;
    const page = await open();
    await logIn(page, "王伟");
    await page.waitForSelector("[role=alert] >> text=请在 1 分钟后重试");
  });

  test("an operator sees figures at once and signs with the account's name, without being asked for one", async () => {
    badDay(one.gateway);
    const page = await open({ operator: "someone else" });
    await logIn(page, "王伟");
    await page.waitForSelector(".overview");
    await page.locator(".ack").first().click();
    await until("one acknowledged", () => page.locator(".ack").count(), (n) => n === 2);
    assert.equal(await page.locator("dialog").count(), 0);
    assert.match(await page.textContent(".operator"), /王伟/);
    assert.equal(await page.locator(".operator button").count(), 0);
    assert.equal(one.gateway.journal[0].by, "王伟");
  });

  test("a viewer sees alarms and no button that would be refused", async () => {
    badDay(one.gateway);
    const page = await open();
    await logIn(page, "guest");
    await page.waitForSelector("[data-alarm]");
    assert.equal(await page.locator(".ack").count(), 0);
    await page.waitForSelector(".operator >> text=只能查看");
    await picture(page, "login-viewer-1280", { fold: true });
  });

  test("logging out leaves nothing on the screen, and nothing behind for the next one", async () => {
    const page = await open();
    await logIn(page, "王伟");
    await page.waitForSelector(".overview");
    await page.click(".tool-user");
    await page.waitForSelector(".login");
    assert.equal(await page.locator(".value").count(), 0);
    await logIn(page, "guest");
    await page.waitForSelector(".overview");
    assert.match(await page.getAttribute(".tool-user", "title"), /guest/);
  });

  test("a session that ends under way leads to the log-in, and the page does not hammer", async () => {
    const page = await open();
    await logIn(page, "王伟");
    await page.waitForSelector(".overview");
    const { connections } = one.gateway;
    one.gateway.endSessions();
    await page.waitForSelector(".login", { timeout: 3000 });
    await page.waitForTimeout(1500);
    assert.equal(one.gateway.connections, connections);
    assert.ok(one.gateway.refused <= 2, `${one.gateway.refused} refused`);
  });

  test("a gateway that is gone is a lost connection, not a log-out", async () => {
    const page = await open();
    await logIn(page, "王伟");
    await page.waitForSelector(".overview");
    one.gateway.faults.refuse = true;
    one.gateway.hangUp();
    await page.waitForSelector(".banner >> text=与网关的连接已断开");
    assert.equal(await page.locator(".login").count(), 0);
    one.gateway.faults.refuse = false;
    await page.click(".banner button", { timeout: 5000 }).catch(() => undefined); // it may come back by itself before the button is pressed
    await until("no banner", () => page.locator(".banner").count(), (n) => n === 0);
  });
});
