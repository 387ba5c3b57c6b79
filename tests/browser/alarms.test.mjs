// Alarms, modes and the report against a real gateway, whose address is in GATEWAY_URL; its simulator opens doors and wets floors.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { picture, seriousFindings, until } from "./browser.mjs";
import { REAL_URL as url, alarmWaitMs, api, needsReal, oneBrowser } from "./opened.mjs";


describe("alarms, modes and the report of a real gateway", needsReal, () => {
  const browser = oneBrowser();
  const open = async (path, options = {}) => {
    const opened = await browser.open(`${url}#/${path}`, { settle: false, operator: "测试员", ...options });
    await opened.page.waitForSelector(".page .panel");
    return opened;
  };
  const changesOf = async (id) => (await api("alarms?state=all&limit=1000")).alarms.filter((alarm) => alarm.id === id).sort((a, b) => a.event - b.event);

  test("an alarm from its rise to its return: acknowledged, shelved with a reason, unshelved, gone", async (t) => {
    const { page, seen, close } = await open("alarms");
    const standing = () => page.locator("[data-alarm]:has([data-action=shelve])").evaluateAll((rows) => rows.map((row) => Number(row.dataset.alarm)));
    const [id] = await until("an alarm that can be shelved", standing, (list) => list.length > 0, Math.max(alarmWaitMs, 1000)).catch(() => []);
    if (id === undefined) {
      await close();
      return t.skip("no alarm rose");
    }
    const row = page.locator(`[data-alarm="${id}"]`);
    if (await row.locator(".ack").count() > 0) {
      await row.locator(".ack").click();
      await until("the acknowledgement", () => changesOf(id), (list) => list.some(({ change, by }) => change === "acknowledged" && by === "测试员"));
    }
    // One that had already gone is normal now, and its story ends here.
    if (await row.count() > 0 && await row.locator("[data-action=shelve]").count() > 0) {
      await row.locator("[data-action=shelve]").click();
      await page.click(".dialog .primary");
      await page.waitForSelector("#action-comment-error");
      await page.fill("#action-comment", "演练");
      await page.selectOption("#action-minutes", "30");
      await picture(page, "alarm-shelve", { fold: true });
      await page.click(".dialog .primary");
      await page.waitForSelector(`[data-alarm="${id}"][data-state=shelved] >> text=演练`);
      const shelved = (await changesOf(id)).findLast(({ change }) => change === "shelved"); // what it watches goes on beneath, and may end meanwhile
      assert.deepEqual([shelved?.held_by, shelved?.held_reason], ["测试员", "演练"]);
      assert.ok(Math.abs(shelved.shelved_until_ms - shelved.changed_ms - 30 * 60_000) < 5000);
      await page.click(`[data-alarm="${id}"] [data-action=unshelve]`);
      await page.click(".dialog .primary");
      await until("the end of shelving", () => changesOf(id), (list) => list.some(({ change }) => change === "unshelved"));
    }
    // It comes to an end: what it watches is over, and what still calls is acknowledged.
    await until("the return", async () => {
      if (await row.locator(".ack").count() > 0) await row.locator(".ack").click().catch(() => undefined);
      return row.count();
    }, (n) => n === 0, 90_000);
    const story = await until("its end in the journal", async () => (await changesOf(id)).map(({ change, state_name }) => [change, state_name]), (list) => list.at(-1)?.[1] === "normal");
    assert.ok(story.some(([change]) => change === "raised"), JSON.stringify(story));
    await page.waitForSelector("#journal .journal-table");
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("the journal is narrowed by the gateway, and the load of alarms is the API's", async () => {
    const { page, close } = await open("alarms");
    // Both are read anew: another alarm may rise meanwhile.
    await until("the load", async () => ({ shown: await page.textContent("#metrics .facts"), ...(await api("alarms")).metrics }),
      ({ shown, last_day }) => shown.includes(`最近 24 小时${last_day}`), 15_000);
    await page.selectOption("#journal select >> nth=0", "high");
    const { alarms } = await api("alarms?state=all&limit=1000&priority=high");
    if (alarms.length > 0) await until("high ones alone", () => page.locator(".journal-table tbody tr:not(.priority-high)").count(), (n) => n === 0);
    else await page.waitForSelector("#journal >> text=没有符合条件的记录");
    await close();
  });

  test("a typhoon: the mode is switched and noted, a place is ticked off, and it is as usual again", async (t) => {
    if ((await api("modes")).modes.every(({ id }) => id !== "typhoon")) return t.skip("the site has no typhoon mode");
    const { page, seen, close } = await open("security");
    await page.click("#modes .mode-buttons >> text=台风");
    await page.fill("#action-comment", "演练");
    await page.click(".dialog .primary");
    await page.waitForSelector("[data-mode=typhoon]");
    assert.deepEqual([(await api("modes")).mode, (await api("modes")).by], ["typhoon", "测试员"]);
    await page.click("[data-place=roof] input");
    await page.waitForSelector("#patrol >> text=测试员");
    assert.equal((await api("modes")).modes.find(({ id }) => id === "typhoon").patrol.find(({ id }) => id === "roof").by, "测试员");
    await picture(page, "security-typhoon");
    assert.deepEqual(await seriousFindings(page), []);
    await page.click("#modes .mode-buttons >> text=日常");
    await page.click(".dialog .primary");
    await page.waitForSelector("[data-mode=usual]");
    await page.waitForSelector(".mode-history >> text=巡查 屋顶排水口：已检查");
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("an area is armed and disarmed by hand, each with who did it", async () => {
    const { areas } = await api("modes");
    const area = areas.find(({ id }) => id !== "compound").id;
    const { page, close } = await open("security");
    const state = async () => (await api("modes")).areas.find(({ id }) => id === area);
    await page.click(`[data-armed="${area}"] button`);
    await page.click(".dialog .primary");
    await until("armed", state, ({ armed, by_hand, by }) => armed && by_hand && by === "测试员");
    await page.waitForSelector(`[data-armed="${area}"] >> text=已布防`);
    await page.waitForSelector(".mode-history >> text=：布防");
    await page.click(`[data-armed="${area}"] button`);
    await page.click(".dialog .primary");
    await until("disarmed", state, ({ armed }) => !armed);
    await page.waitForSelector(".mode-history >> text=：撤防");
    await close();
  });

  test("the report's figures are the API's, in every view, traced to readings", async () => {
    const month = new Date(Date.now() + 8 * 3.6e6).toISOString().slice(0, 7);
    await until("a first minute in the store", async () => (await api(`history?node=compound&kind=electricity&window=1d&from=${Date.now() - 8.64e7}&to=${Date.now()}`)).rows, (rows) => rows.length > 0, 90_000);
    const { page, seen, close } = await open("audit");
    await page.waitForSelector('[data-audit="electricity compound"]', { timeout: 20_000 });
    // A node comes in with its first minute, which may be between the page's question and ours: then the page asks again.
    const rows = async () => (await api(`audit?from=${month}&to=${month}`)).rows.filter(({ node_kind }) => node_kind !== "meter").map(({ utility, node }) => `${utility} ${node}`).sort().join("\n");
    const shown = async () => {
      await page.waitForSelector('[data-audit="electricity compound"]');
      return page.locator("[data-audit]").evaluateAll((list) => list.map((row) => row.dataset.audit).sort().join("\n"));
    };
    await until("the API's rows on the page", async () => {
      const both = { page: await shown(), api: await rows() };
      if (both.page !== both.api) await page.reload();
      return both;
    }, (both) => both.page === both.api, 30_000);
    for (const view of ["费用", "需量与时段", "标煤与碳"]) {
      await page.click(`#audit .history-tools >> text=${view}`);
      await page.waitForSelector('[data-audit="electricity compound"]');
      assert.deepEqual(await seriousFindings(page), [], view);
    }
    await page.selectOption("#audit .select select", "compound");
    await until("a trace", () => page.locator("[data-trace]").count(), (n) => n > 0, 20_000);
    assert.deepEqual(seen.errors, []);
    await close();
  });
});
