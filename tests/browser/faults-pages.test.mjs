// What the pages besides the overview do, against the double: alarms, times and failures have to come when a test wants them.
// That every page works with the real gateway is gateway.test.mjs's to show.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { overflow, picture, seriousFindings, until } from "./browser.mjs";
import { badDay } from "./fake-days.mjs";
import { onePage } from "./opened.mjs";

const PAGES = ["overview", "energy", "water", "security", "alarms", "devices", "audit", "system"];

describe("pages", () => {
  const one = onePage();
  const open = (path, options) => one.open({ path, shows: ".page, .overview", operator: "林晓", ...options });
  const saved = async (page, click) => {
    const [download] = await Promise.all([page.waitForEvent("download"), click()]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
  };

  for (const path of PAGES) {
    for (const [width, language, dark] of [[1280, "zh", false], [1280, "en", true], [390, "zh", true], [390, "en", false]]) {
      const name = `${path}-${width}-${language}-${dark ? "dark" : "light"}`;
      test(`${name}: axe finds nothing serious, nothing scrolls sideways, nothing leaves the box`, async () => {
        badDay(one.gateway);
        one.gateway.compound.sinkFails = true;
        const page = await open(path, { width, language, dark });
        await page.waitForTimeout(1200);
        await picture(page, `page-${name}`);
        assert.deepEqual(await seriousFindings(page), []);
        assert.ok(await overflow(page) <= 0);
        assert.deepEqual(one.opened.seen.foreign, []);
        assert.deepEqual(one.opened.seen.errors, []);
      });
    }
  }

  test("the menu leads to every page, also with the keyboard, and says where one is", async () => {
    const page = await open("overview");
    for (const path of PAGES.slice(1)) {
      await page.locator(`.menu a[href="#/${path}"]`).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector(`.menu a[aria-current="page"][href="#/${path}"]`);
    }
  });

  test("on a phone the menu shows which page is open", async () => {
    const page = await open("overview", { width: 390 });
    for (const path of [...PAGES.slice().reverse(), "devices"]) {
      await page.evaluate((to) => { location.hash = `#/${to}`; }, path);
      await page.waitForSelector(`.menu a[aria-current="page"][href="#/${path}"]`);
      await until(`${path} in the menu`, () => page.locator(".menu a[aria-current]").evaluate((tab) => {
        const { left, right } = tab.getBoundingClientRect();
        return left >= 0 && right <= innerWidth;
      }), (inside) => inside);
    }
  });

  test("alarms: from rise to return on the page and in the journal", async () => {
    const page = await open("alarms");
    await page.waitForSelector("#journal >> text=还没有报警记录");
    let alarm = one.gateway.raise({ message: "一号办公楼东门 已开启超过 60 秒" });
    await page.waitForSelector(`[data-alarm="${alarm.id}"] .ack`, { timeout: 1500 });
    const states = () => page.locator(".journal-state").allTextContents();
    await until("the rise in the journal", states, (list) => list.length === 1 && list[0] === "未确认");
    await page.locator(".ack").click();
    await until("the acknowledgement in the journal", states, (list) => list[0] === "已确认");
    assert.match(await page.locator(".journal-table tbody tr").first().textContent(), /林晓/);
    one.gateway.change(one.gateway.compound.alarms.get(alarm.id), 0, { changed_ms: Date.now() + 5 });
    await until("the return in the journal", states, (list) => list.length === 3 && list[0] === "正常");
    await page.waitForSelector("#alarms >> text=没有未处理的报警");
  });

  test("alarms: on a phone what calls stands above what is past", async () => {
    badDay(one.gateway);
    const page = await open("alarms", { width: 390 });
    await page.waitForSelector(".journal-table");
    const top = (selector) => page.locator(selector).evaluate((element) => element.getBoundingClientRect().top);
    assert.ok(await top("#alarms") < await top("#journal"));
  });

  test("alarms: the journal is filtered, and goes out as CSV as it is filtered", async () => {
    badDay(one.gateway);
    const page = await open("alarms");
    const rows = page.locator(".journal-table tbody tr");
    await until("the journal", () => rows.count(), (n) => n === 5);
    await page.fill("#journal input[type=search]", "陈志明");
    await until("one entry", () => rows.count(), (n) => n === 1);
    const { name, text } = await saved(page, () => page.click("#journal .button"));
    assert.match(name, /^alarms-\d{4}-\d\d-\d\d\.csv$/);
    assert.equal(text.charCodeAt(0), 0xFEFF);
    assert.equal(text.trim().split("\r\n").length, 2);
    assert.match(text, /三号综合楼空调末端.*陈志明/);
    await page.selectOption("#journal select >> nth=0", "critical");
    await page.waitForSelector("#journal >> text=没有符合条件的记录");
  });

  test("alarms: sound is off until it is switched on, then calls once for a new alarm and not for old ones", async () => {
    badDay(one.gateway);
    const page = await open("alarms");
    await page.evaluate(() => {
      globalThis.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...words) { globalThis.tones += 1; return start.apply(this, words); };
    });
    const tones = () => page.evaluate(() => globalThis.tones);
    one.gateway.raise({ priority: "low", message: "不该响" });
    await page.waitForTimeout(800);
    assert.equal(await tones(), 0);
    const button = page.locator("#alarms .panel-actions .button");
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    await button.click();
    await until("pressed", () => button.getAttribute("aria-pressed"), (pressed) => pressed === "true");
    await until("heard when it is switched on", tones, (n) => n > 0);
    const first = await tones();
    one.gateway.raise({ priority: "critical", message: "新的紧急报警" });
    await until("a call", tones, (n) => n > first);
    const called = await tones();
    await page.waitForTimeout(1500); // two more frames of the same picture
    assert.equal(await tones(), called);
  });

  test("sound is switched on every page, and says when the browser holds it back", async () => {
    const page = await open("overview");
    const tool = page.locator(".tool-sound");
    assert.equal(await tool.getAttribute("aria-pressed"), "false");
    assert.equal(await tool.getAttribute("aria-label"), "提示音已关");
    await tool.focus();
    await page.keyboard.press("Enter");
    await until("on", () => tool.getAttribute("aria-label"), (label) => label === "提示音已开");
    await page.evaluate(() => { location.hash = "#/alarms"; });
    await page.waitForSelector("#alarms .panel-actions [aria-pressed=true]");
  });

  test("alarms: the journal leaves out what a cause told for, until it is asked for", async () => {
    const cause = one.gateway.raise({ rule: "bus", rule_kind: "bus_fault", source: "riser-east", message: "总线 riser-east 断开" });
    for (const n of [1, 2, 3]) {
      const meter = one.gateway.raise({ state: 6, change: "suppressed", announced: false, rule: "silent", rule_kind: "device_silent", source: `m${n}`, cause: cause.id, message: `表 ${n} 没有应答` });
      one.gateway.change(meter, 0, { announced: false });
    }
    const page = await open("alarms");
    const rows = page.locator(".journal-table tbody tr");
    await until("the bus alone", () => rows.count(), (n) => n === 1);
    await page.click("#journal >> text=含上级故障引起的（6 条）");
    await until("all", () => rows.count(), (n) => n === 7);
    await page.click("[data-quiet]");
    await until("the bus alone again", () => rows.count(), (n) => n === 1);
    const { text } = await saved(page, () => page.click("#journal .panel-actions .button"));
    assert.equal(text.trim().split("\r\n").length, 2, "the file has what the table has");
  });

  test("energy: from an hour to a year, each with windows that suit it", async () => {
    const page = await open("energy");
    await page.waitForSelector("#history canvas");
    const asked = () => one.opened.seen.requests.filter((address) => address.includes("/history?"));
    for (const [span, window, width] of [["小时", "1m", 3.6e6], ["周", "15m", 7 * 8.64e7], ["月", "1h", 31 * 8.64e7], ["年", "1d", 366 * 8.64e7]]) {
      const before = asked().length;
      await page.click(`#history .choice >> text=${span}`);
      const request = await until(span, () => asked().slice(before).find((address) => new URL(address).searchParams.get("window") === window), (found) => found !== undefined);
      const { searchParams } = new URL(request);
      assert.ok(Number(searchParams.get("to")) - Number(searchParams.get("from")) <= width);
      await page.waitForSelector("#history canvas");
    }
  });

  test("energy: moving, zooming and choosing, by button and by key", async () => {
    const page = await open("energy");
    await page.waitForSelector("#history canvas");
    const note = () => page.textContent("#history .panel-note");
    const today = await note();
    assert.ok(await page.locator('[aria-label="更晚"]').isDisabled(), "there is nothing later than now");
    await page.click('#history [aria-label="更早"]');
    const yesterday = await until("yesterday", note, (text) => text !== today);
    await page.locator("#history .chart-box").focus();
    await page.keyboard.press("ArrowRight");
    await until("today again", note, (text) => text === today);
    await page.keyboard.press("+");
    await until("half a day", note, (text) => text !== today && text !== yesterday);
    await page.selectOption("#history select", "b1");
    await until("the area's history", () => one.opened.seen.requests.some((address) => address.includes("node=b1&kind=electricity&window=1m")), (yes) => yes);
  });

  test("energy: the comparison can be taken off, and its figures go with it", async () => {
    const page = await open("energy");
    await page.waitForSelector("#history .extremes >> text=对比期");
    await page.uncheck("#history .check input");
    await until("no comparison", () => page.locator("#history .extremes >> text=对比期").count(), (n) => n === 0);
  });

  test("energy: areas by size only where the size is known", async () => {
    const page = await open("energy");
    await page.waitForSelector("[data-ranked=b1]");
    assert.deepEqual(await page.locator("[data-ranked]").evaluateAll((rows) => rows.map((row) => row.dataset.ranked)), ["b2", "b1", "b3"]);
    await page.click("#ranking .choice >> text=每平方米");
    assert.match(await page.textContent("[data-ranked=b3]"), /–/);
    assert.match(await page.textContent("[data-ranked=b1]"), /kWh\/m²/);
  });

  test("energy: a history that cannot be read is said, not shown as nothing used", async () => {
    one.gateway.faults.historyFails = true;
    const page = await open("energy");
    await page.waitForSelector("#history [role=alert] >> text=历史数据读取失败");
    one.gateway.faults.historyFails = false;
    await page.waitForSelector("#history canvas", { timeout: 9000 });
  });

  test("water: every night has its lowest flow", async () => {
    const page = await open("water");
    await until("nights", () => page.locator("[data-night]").count(), (n) => n >= 13 && n <= 14);
    await page.waitForSelector("#nights >> text=通常");
  });

  test("security: only alarms of doors, leaks and cameras, and every sensor by its area", async () => {
    badDay(one.gateway);
    const page = await open("security");
    await page.waitForSelector("[data-alarm]");
    assert.equal(await page.locator("[data-alarm]").count(), 4); // the silent meter's is not one of them
    assert.equal(await page.locator("[data-sensor]").count(), one.gateway.compound.sensors.length);
  });

  test("devices: what does not answer is first, errors have names, states that are no longer told are old", async () => {
    badDay(one.gateway);
    const page = await open("devices");
    await page.waitForSelector("[data-device]");
    const first = page.locator("#device-meters [data-device]").first();
    assert.equal(await first.getAttribute("data-device"), "b3-fan");
    assert.match(await first.textContent(), /离线.*超时 5,711/);
    assert.match(await page.textContent("[data-bus=riser-east]"), /86%.*线路中断2.*丢弃的应答7.*漏读次数2,400.*各表间隔同样加长.*过于繁忙/);
    assert.match(await page.textContent("[data-device] [data-exceptions]"), /设备忙 4, 无此寄存器 1/);
    assert.equal(await page.textContent("[data-concern=unusable]"), "不可用数值 17");
    assert.equal(await page.textContent("[data-concern=absent]"), "缺少寄存器 1");
    assert.match(await first.textContent(), /漏读 240 次/);
    assert.match(await page.textContent("[data-bus=riser-east] [data-last-error]"), /^最近错误：一号.*电梯：超时 · 3 分钟前$/);
    assert.equal(await page.locator("[data-bus=plant-room] [data-last-error]").count(), 0, "nothing ever went wrong there");
    await page.click(".tool-text");
    await page.waitForSelector("[data-bus=riser-east] >> text=/Last error: .*: timeout · 3 min ago/");
    await page.click(".tool-text");
    await page.fill("#device-meters input[type=search]", "octave");
    await until("water meters", () => page.locator("#device-meters [data-device]").count(), (n) => n === 6);
    one.gateway.faults.devicesFail = true;
    await page.waitForSelector("[role=alert] >> text=设备状态没有更新", { timeout: 9000 });
  });

  test("system: a store that cannot be reached shows what waits for it", async () => {
    one.gateway.compound.sinkFails = true;
    const page = await open("system");
    const card = page.locator("[data-sink=central]");
    await until("a failing sink", () => card.textContent(), (text) => /重试中InfluxDB 1 .*连接不上.*原文：connect .*Connection refused.*162,000 行/.test(text));
    await page.waitForSelector("#about >> text=0.1.0");
    one.gateway.compound.sinkFails = false;
    await until("a sink that works", () => card.textContent(), (text) => /正常/.test(text), 8000);
  });

  test("audit: months before, a table to hand on, and paper with nothing but the table", async () => {
    const page = await open("audit");
    await page.waitForSelector('[data-audit="electricity compound"]');
    const note = () => page.textContent("#audit .panel-note");
    const current = await note();
    await page.click('#audit [aria-label="更早"]');
    await until("the month before", note, (text) => text !== current);
    await page.waitForSelector('[data-audit="electricity compound"]');
    const { name, text } = await saved(page, () => page.click("#audit >> text=导出 CSV"));
    assert.match(name, /^audit-\d{4}-\d\d-01-\d{4}-\d\d-\d\d\.csv$/);
    assert.equal(text.charCodeAt(0), 0xFEFF);
    const lines = text.trim().split("\r\n");
    assert.equal(lines.length, 1 + 2 * (1 + 3) + 12 + 30, "every node of the report, meters too");
    assert.match(lines[0], /month.*consumption.*carbon_source/);
    await page.emulateMedia({ media: "print" });
    assert.ok(!await page.locator(".top").isVisible() && !await page.locator(".menu").isVisible());
    assert.ok(await page.locator(".print-only").isVisible() && await page.locator('[data-audit="water compound"]').isVisible());
  });

  test("the wall screen is dark, large and has nothing to press but the way out", async () => {
    badDay(one.gateway);
    const page = await open("overview", { language: "zh" });
    await page.click(".tool-wall");
    await until("no menu", () => page.locator(".menu").isVisible(), (visible) => !visible);
    assert.equal(await page.locator(".ack:visible").count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.setViewportSize({ width: 1920, height: 1080 });
    await picture(page, "wall-1920", { fold: true });
    assert.deepEqual(await seriousFindings(page), []);
    await page.click(".tool-wall");
    await page.waitForSelector(".menu", { state: "visible" });
  });

  test("a broken connection is said on every page", async () => {
    const page = await open("energy");
    one.gateway.faults.refuse = true;
    one.gateway.hangUp();
    for (const path of ["energy", "alarms", "devices"]) {
      await page.evaluate((to) => { location.hash = `#/${to}`; }, path);
      await page.waitForSelector(".banner >> text=与网关的连接已断开");
    }
  });

  test("a site without anything configured explains itself on every page", async () => {
    one.gateway.faults.emptySite = true;
    for (const path of PAGES.slice(1)) {
      const page = await open(path);
      await page.waitForSelector(".empty, .panel");
      assert.deepEqual(await seriousFindings(page), [], path);
      assert.deepEqual(one.opened.seen.errors, [], path);
      await one.close();
    }
  });
});
