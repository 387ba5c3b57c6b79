// The dashboard against a real gateway, whose address is in GATEWAY_URL.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { overflow, picture, seriousFindings, until } from "./browser.mjs";
import { REAL_URL as url, alarmWaitMs, api, needsReal, oneBrowser } from "./opened.mjs";

const numberOf = (text) => Number(text.replace(/[^\d.-]/g, ""));

describe("dashboard and gateway", needsReal, () => {
  const browser = oneBrowser();

  test("live compound power is shown, agrees with the API and changes within 5 s", async () => {
    const { page, seen, close } = await browser.open(url);
    const read = () => page.textContent(".figure-main .value .num");
    const first = await until("a power in figures", read, (text) => /\d/.test(text), 10_000);
    // The page may be a frame behind while a load is switched.
    await until("the API's power", async () => ({ shown: numberOf(await read()) * 1000, api: (await api("live")).compound.power_w }),
      ({ shown, api: power }) => Math.abs(shown - power) <= Math.max(500, power * 0.2));
    await until("a changed power", read, (text) => text !== first, 5000);
    assert.match(await page.textContent(".link"), /实时/);
    assert.equal(await page.locator(".banner").count(), 0);
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("every area is listed by name, with figures", async () => {
    const { areas } = await api("live");
    assert.ok(areas.length > 0);
    const { page, close } = await browser.open(url);
    for (const area of areas) {
      const row = page.locator(`[data-area="${area.id}"]`);
      assert.ok((await row.textContent()).includes(area.name), area.id);
    }
    assert.equal(await page.locator("[data-area]").count(), areas.length);
    await close();
  });

  test("the power curve is drawn and has words for those who cannot see it", async () => {
    const { page, seen, close } = await browser.open(url);
    const label = await until("a labelled curve", () => page.locator(".chart-box").getAttribute("aria-label", { timeout: 3000 }), (text) => /kW/.test(text ?? ""));
    assert.match(label, /最高/);
    await until("a painted curve", () => page.locator(".chart-box canvas").evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n += 1;
      return n;
    }), (pixels) => pixels > 500);
    assert.ok(seen.requests.some((address) => address.includes("/api/v1/history")));
    assert.equal(await page.locator(".curve .failure").count(), 0, "history could be read");
    await close();
  });

  test("every meter and every sensor is listed", async () => {
    const { meters, sensors } = await api("live");
    const { page, close } = await browser.open(url);
    assert.equal(await page.locator("[data-sensor]").count(), sensors.length);
    await page.click(".fold");
    assert.equal(await page.locator("[data-meter]").count(), meters.length);
    await close();
  });

  test("the language switches, and is remembered", async () => {
    const { page, close } = await browser.open(url);
    const lang = () => page.evaluate(() => document.documentElement.lang);
    assert.equal(await lang(), "zh-CN");
    assert.equal(await page.textContent("#areas-title"), "区域");
    await page.click(".tool-text");
    await page.waitForSelector("#areas-title >> text=Areas");
    assert.equal(await lang(), "en");
    await page.reload();
    await page.waitForSelector(".overview");
    await page.waitForSelector("#alarms-title >> text=Open alarms");
    await close();
  });

  test("the colours switch, and are remembered", async () => {
    const { page, close } = await browser.open(url);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    const button = page.locator(".tool-theme");
    await button.click(); // light by choice
    await button.click(); // dark
    await until("dark", ground, (colour) => colour !== light);
    await page.reload();
    await page.waitForSelector(".overview");
    assert.notEqual(await ground(), light);
    await close();
  });

  test("open alarms are those of the API, and one can be acknowledged by name", async (t) => {
    const { page, close } = await browser.open(url);
    const ids = async () => (await api("alarms")).alarms.map(({ id }) => String(id)).sort();
    if (alarmWaitMs > 0) await until("an alarm", ids, (list) => list.length > 0, alarmWaitMs);
    const shown = async () => {
      // The least urgent, and what is suppressed by its cause, stand behind a button each.
      for (const folded of await page.locator('#alarms .more[aria-expanded="false"]').all()) await folded.click().catch(() => undefined);
      return page.locator("[data-alarm]").evaluateAll((rows) => rows.map((row) => row.dataset.alarm).sort());
    };
    await until("the API's alarms on the page", async () => ({ page: await shown(), api: await ids() }),
      (both) => JSON.stringify(both.page) === JSON.stringify(both.api));
    const waiting = page.locator("[data-alarm]:has(.ack)");
    if (await waiting.count() === 0) {
      await close();
      return t.skip("no alarm waits for acknowledgement");
    }
    await picture(page, "alarm-before-ack", { fold: true });
    const id = Number(await waiting.first().getAttribute("data-alarm"));
    await page.click(`[data-alarm="${id}"] .ack`); // by its number: a more urgent one may have come to stand first
    await page.fill("#name-field", "测试员");
    await picture(page, "alarm-name", { fold: true });
    await page.click(".dialog .primary");
    await until("an acknowledged alarm", async () => (await api("alarms?state=all&limit=1000")).alarms.find((alarm) => alarm.id === id),
      (alarm) => alarm !== undefined && (alarm.state === 2 || alarm.state === 0) && alarm.by === "测试员");
    await until("no button on it any more", () => page.locator(`[data-alarm="${id}"] .ack`).count(), (n) => n === 0);
    await picture(page, "alarm-after-ack", { fold: true });
    await close();
  });

  const PAGES = ["energy", "water", "security", "alarms", "devices", "audit", "system"];
  for (const path of PAGES) {
    for (const [width, language, dark] of [[1280, "zh", false], [390, "en", true]]) {
      const name = `${path}-${width}-${language}-${dark ? "dark" : "light"}`;
      test(`${name}: with the real gateway's figures, nothing serious for axe, nothing wider than the screen`, async () => {
        const { page, seen, close } = await browser.open(`${url}#/${path}`, { width, language, dark, settle: false });
        await page.waitForSelector(".page .panel");
        await page.waitForTimeout(1500);
        assert.equal(await page.locator("[role=alert]").count(), 0, "nothing failed to be read");
        await picture(page, name);
        assert.deepEqual(await seriousFindings(page), []);
        assert.ok(await overflow(page) <= 0, "no sideways scrolling");
        assert.deepEqual(seen.foreign, []);
        assert.deepEqual(seen.errors, []);
        await close();
      });
    }
  }

  test("every meter, sensor and bus has its place on the devices page, with the API's counts", async () => {
    const { meters, sensors, buses } = await api("devices");
    const { page, close } = await browser.open(`${url}#/devices`, { settle: false });
    await page.waitForSelector("[data-device]");
    assert.equal(await page.locator("[data-device]").count(), meters.length + sensors.length);
    assert.equal(await page.locator("[data-bus]").count(), buses.length);
    await close();
  });

  test("the system page tells the version and what the store keeps", async () => {
    const { gateway, sinks } = await api("sync");
    const { page, close } = await browser.open(`${url}#/system`, { settle: false });
    await page.waitForSelector(`#about >> text=${gateway.version}`);
    for (const { name } of sinks) await page.waitForSelector(`[data-sink="${name}"]`);
    await close();
  });

  test("the audit's total of this month is what the history holds, today included", async () => {
    const day = async () => {
      const now = Date.now();
      return (await api(`history?node=compound&kind=electricity&window=1d&from=${now - 40 * 86_400_000}&to=${now}`)).rows;
    };
    await until("a first minute in the store", day, (list) => list.length > 0, 90_000);
    const { page, close } = await browser.open(`${url}#/audit`, { settle: false });
    const shown = await until("a total", () => page.locator('[data-audit="electricity compound"] td').first().textContent().catch(() => ""), (text) => /\d/.test(text), 20_000);
    const wh = (await day()).reduce((sum, [, amount]) => sum + amount, 0);
    assert.ok(wh > 0);
    // The newest day goes on growing between the two looks.
    assert.ok(Math.abs(numberOf(shown) - wh / 1000) <= Math.max(2, wh / 1000 * 0.2), `${shown}, history ${wh / 1000} kWh`);
    await close();
  });

  for (const width of [1280, 390]) {
    for (const language of ["zh", "en"]) {
      for (const dark of [false, true]) {
        const name = `overview-${width}-${language}-${dark ? "dark" : "light"}`;
        test(`${name}: nothing serious for axe, nothing wider than the screen, nothing asked of another host`, async () => {
          const { page, seen, close } = await browser.open(url, { width, language, dark });
          await page.waitForTimeout(1500); // two live frames and the history
          await picture(page, name);
          await page.click(".fold");
          assert.deepEqual(await seriousFindings(page), []);
          assert.ok(await overflow(page) <= 0, "no sideways scrolling");
          assert.deepEqual(seen.foreign, []);
          assert.deepEqual(seen.errors, []);
          await close();
        });
      }
    }
  }
});
