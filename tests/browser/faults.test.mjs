// What the page does when something is wrong. The other end is a double (fake-gateway.mjs), because these faults have to come
// at a wanted moment; that the page works with the real gateway is gateway.test.mjs's to show.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { overflow, picture, seriousFindings, until } from "./browser.mjs";
import { badDay } from "./fake-days.mjs";
import { onePage } from "./opened.mjs";

describe("dashboard when something is wrong", () => {
  const one = onePage();
  const open = (options) => one.open(options);
  const oldNumbers = (page) => page.locator(".figures .value.old").count();

  test("a lost connection is said, numbers turn old with their age, and all is well again after it returns", async () => {
    const page = await open();
    assert.equal(await oldNumbers(page), 0);
    one.gateway.faults.refuse = true;
    one.gateway.hangUp();
    await page.waitForSelector(".banner >> text=与网关的连接已断开");
    await page.waitForSelector(".banner >> text=后重试");
    await until("old numbers", () => oldNumbers(page), (n) => n === 4, 7000);
    assert.match(await page.textContent(".figure-main .figure-note"), /秒前/);
    const before = await page.textContent(".figure-main .figure-note");
    await until("a growing age", () => page.textContent(".figure-main .figure-note"), (text) => text !== before, 3000);
    assert.match(await page.title(), /已断开/);
    await picture(page, "fault-connection-lost-1280");
    assert.deepEqual(await seriousFindings(page), []);
    one.gateway.faults.refuse = false;
    await page.click(".banner button", { timeout: 5000 }).catch(() => undefined); // it may come back by itself before the button is pressed
    await until("no banner", () => page.locator(".banner").count(), (n) => n === 0);
    await until("fresh numbers", () => oldNumbers(page), (n) => n === 0);
  });

  test("it reconnects without a hand", async () => {
    const page = await open();
    one.gateway.hangUp();
    await until("a second connection", () => one.gateway.connections, (n) => n >= 2, 4000);
    await until("live", () => page.textContent(".link"), (text) => text.includes("实时"));
  });

  test("pauses between attempts grow: a gateway that is down is not hammered", async () => {
    await open();
    one.gateway.faults.refuse = true;
    one.gateway.hangUp();
    await new Promise((resolve) => setTimeout(resolve, 6000));
    assert.ok(one.gateway.refused >= 2 && one.gateway.refused <= 5, `${one.gateway.refused} attempts in 6 s`);
  });

  test("a connection that is open but silent looks late, then is made anew", async () => {
    const page = await open();
    one.gateway.faults.silent = true;
    await page.waitForSelector(".banner >> text=网关暂时没有发送新数据", { timeout: 7000 });
    assert.equal(await oldNumbers(page), 4);
    await until("a second connection", () => one.gateway.connections, (n) => n >= 2, 12_000);
  });

  test("a page that never got an answer says so instead of showing zeros", async () => {
    one.gateway.faults.refuse = true;
    const page = await open({ settle: false });
    await page.waitForSelector("text=无法连接网关");
    assert.equal(await page.locator(".value").count(), 0);
    await picture(page, "fault-unreachable-1280", { fold: true });
    assert.deepEqual(await seriousFindings(page), []);
    one.gateway.faults.refuse = false;
    await page.waitForSelector(".overview", { timeout: 8000 });
  });

  test("frames that are not JSON or of an unknown type change nothing", async () => {
    const page = await open();
    one.gateway.broadcastText("{");
    one.gateway.broadcast("weather", { rain: true });
    await page.waitForTimeout(1500);
    assert.match(await page.textContent(".link"), /实时/);
    assert.deepEqual(one.opened.seen.errors, []);
  });

  test("a meter that does not answer is counted, listed first and shows its last value as old", async () => {
    one.gateway.loseMeters((meter) => meter.id === "b3-fan", 720_000);
    const page = await open();
    await page.waitForSelector(".figures >> text=1 块离线");
    await page.click(".fold");
    const first = page.locator("[data-meter]").first();
    assert.equal(await first.getAttribute("data-meter"), "b3-fan");
    assert.match(await first.textContent(), /离线\s*12 分钟前/);
    assert.ok(await first.locator(".value.old").count() > 0);
  });

  test("a history that cannot be read leaves the live curve, and says so", async () => {
    one.gateway.faults.historyFails = true;
    const page = await open();
    await page.waitForSelector(".curve >> text=历史数据读取失败");
    await page.waitForSelector(".curve canvas");
  });

  test("the name is asked once, remembered, and sent with every acknowledgement", async () => {
    badDay(one.gateway);
    const page = await open();
    const buttons = page.locator(".ack");
    assert.equal(await buttons.count(), 3);
    await buttons.first().click();
    await page.waitForSelector("dialog[open]");
    assert.deepEqual(await seriousFindings(page), []);
    await page.click(".dialog .primary");
    await page.waitForSelector("text=请填写姓名");
    await page.fill("#name-field", "  林晓  ");
    await page.keyboard.press("Enter");
    await until("two left", () => buttons.count(), (n) => n === 2);
    await buttons.first().click();
    await until("one left", () => buttons.count(), (n) => n === 1);
    assert.equal(await page.locator("dialog").count(), 0);
    assert.deepEqual(one.gateway.acks.map(({ by }) => by), ["林晓", "林晓"]);
    await page.reload();
    await page.waitForSelector(".operator >> text=林晓");
  });

  test("Escape leaves the name's dialog without acknowledging", async () => {
    badDay(one.gateway);
    const page = await open();
    await page.locator(".ack").first().click();
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await until("no dialog", () => page.locator("dialog").count(), (n) => n === 0);
    assert.equal(one.gateway.acks.length, 0);
  });

  test("an acknowledgement that fails is not shown as done", async () => {
    badDay(one.gateway);
    one.gateway.faults.ackFails = 500;
    const page = await open({ operator: "林晓" });
    await page.locator(".ack").first().click();
    await page.waitForSelector("[role=alert] >> text=未能确认");
    assert.equal(await page.locator(".ack:not([disabled])").count(), 3);
    one.gateway.faults.ackFails = 409;
    await page.locator(".ack").first().click();
    await page.waitForSelector("[role=alert] >> text=状态已变化");
  });

  test("a double click acknowledges once", async () => {
    badDay(one.gateway);
    one.gateway.faults.ackDelayMs = 700;
    const page = await open({ operator: "林晓" });
    await page.locator(".ack").first().dblclick();
    await page.waitForSelector("text=正在确认");
    await until("two left", () => page.locator(".ack").count(), (n) => n === 2);
    assert.equal(one.gateway.acks.length, 1);
  });

  test("an alarm from rise to return: each state has its own word and look", async () => {
    const page = await open({ operator: "林晓" });
    await page.waitForSelector("text=没有未处理的报警");
    let alarm = one.gateway.raise({ message: "一号办公楼东门 已开启超过 60 秒", message_en: "East door open" });
    const row = page.locator(`[data-alarm="${alarm.id}"]`);
    const look = async () => ({
      text: await row.locator(".alarm-state").textContent(),
      style: await row.evaluate((element) => { const style = getComputedStyle(element); return `${style.backgroundColor} ${style.borderLeftStyle}`; }),
    });
    await row.waitFor({ timeout: 3000 });
    const looks = [await look()];
    assert.match(await page.title(), /仓山区政务中心/);
    alarm = one.gateway.change(alarm, 3, { changed_ms: Date.now() });
    await until("returned", look, ({ text }) => text.includes("已恢复"));
    looks.push(await look());
    alarm = one.gateway.change(alarm, 1, { changed_ms: Date.now() });
    await until("risen again", look, ({ text }) => text === "未确认");
    await row.locator(".ack").click();
    await until("acknowledged", look, ({ text }) => text === "已确认");
    looks.push(await look());
    assert.match(await row.textContent(), /林晓/);
    assert.equal(new Set(looks.map(({ text }) => text)).size, 3);
    assert.equal(new Set(looks.map(({ style }) => style)).size, 3);
    one.gateway.change(one.gateway.compound.alarms.get(alarm.id), 0, { changed_ms: Date.now() + 1 });
    await page.waitForSelector("text=没有未处理的报警");
  });

  test("a door is seen to open at once, not with the next second's frame", async () => {
    one.gateway.faults.silent = true; // sensor frames still come
    const page = await open();
    one.gateway.setSensor("b1-door-east", { open: true });
    await page.waitForSelector('[data-sensor="b1-door-east"].look-active', { timeout: 3000 });
  });

  test("things the snapshot did not know are fetched with their names", async () => {
    const page = await open();
    one.gateway.compound.sensors.push({ ...one.gateway.compound.sensors[0], id: "b1-door-new", name: "一号办公楼新门", name_en: "Office building 1 new door" });
    await page.waitForSelector('[data-sensor="b1-door-new"] >> text=新门');
  });

  test("a site without anything configured explains itself in every panel", async () => {
    one.gateway.faults.emptySite = true;
    const page = await open();
    for (const text of ["配置中没有区域", "配置中没有传感器", "配置中没有分项", "还没有功率数据"]) await page.waitForSelector(`text=${text}`);
    await picture(page, "empty-site-1280");
    assert.deepEqual(await seriousFindings(page), []);
  });

  for (const width of [1280, 390]) {
    for (const dark of [false, true]) {
      test(`the worst day at ${width}${dark ? ", dark" : ""}: axe finds nothing serious, nothing scrolls sideways`, async () => {
        badDay(one.gateway);
        const page = await open({ width, dark, language: width === 390 ? "en" : "zh" });
        await page.waitForTimeout(1500);
        await page.click(".fold");
        await picture(page, `worst-day-${width}${dark ? "-dark" : ""}`);
        assert.deepEqual(await seriousFindings(page), []);
        assert.ok(await overflow(page) <= 0);
        assert.deepEqual(one.opened.seen.foreign, []);
        assert.deepEqual(one.opened.seen.errors, []);
      });
    }
  }

  test("the page can be worked with the keyboard alone", async () => {
    badDay(one.gateway);
    const page = await open();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", "the focus can be seen");
  });
});
