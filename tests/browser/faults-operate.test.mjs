// What staff do on the pages (set alarms aside, switch modes, tick off a patrol, settle dead letters, announce an exchange), and what
// the pages show of it, against the double. That the gateway takes it so is alarms.test.mjs's to show.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { overflow, picture, seriousFindings, until } from "./browser.mjs";
import { badDay, badNight } from "./fake-days.mjs";
import { onePage } from "./opened.mjs";

const USERS = { 王伟: { password: "correct horse", role: "operator" }, 周敏: { password: "battery staple", role: "admin" }, 访客: { password: "only looking", role: "viewer" } };

describe("what staff do", () => {
  const one = onePage();
  const open = (path, options) => one.open({ path, shows: ".page, .overview", operator: "林晓", ...options });
  const openAs = async (path, user) => {
    one.gateway.users = USERS;
    const page = await one.open({ path, shows: ".login" });
    await page.fill("#login-user", user);
    await page.fill("#login-password", USERS[user].password);
    await page.click(".login .primary");
    await page.waitForSelector(".page, .overview");
    return page;
  };
  const confirm = (page) => page.click(".dialog .primary");

  for (const path of ["overview", "energy", "water", "security", "alarms", "devices", "audit", "system"]) {
    for (const [width, language, dark] of [[1280, "zh", false], [1280, "en", true], [390, "zh", true], [390, "en", false]]) {
      const name = `night-${path}-${width}-${language}-${dark ? "dark" : "light"}`;
      test(`${name}: with every state at once axe finds nothing serious, nothing scrolls sideways, nothing is left in the other language`, async () => {
        badDay(one.gateway);
        badNight(one.gateway);
        one.gateway.compound.sinkFails = true;
        const page = await open(path, { width, language, dark, operator: language === "en" ? "Lin" : "林晓" });
        await page.waitForTimeout(1500);
        await picture(page, name);
        assert.deepEqual(await seriousFindings(page), []);
        assert.ok(await overflow(page) <= 0);
        assert.deepEqual(one.opened.seen.foreign, []);
        assert.deepEqual(one.opened.seen.errors, []);
        assert.equal(await page.locator("text=/^[a-z]+[._][a-z_]+$/").count(), 0, "no bare key of a text");
      });
    }
  }

  test("an alarm is shelved for a time and a reason, which is said, and unshelved", async () => {
    const { id } = one.gateway.raise({ message: "东门 已开启" });
    const page = await open("alarms");
    const row = page.locator(`[data-alarm="${id}"]`);
    await row.locator("[data-action=shelve]").click();
    await confirm(page);
    await page.waitForSelector("#action-comment-error");
    assert.deepEqual(one.gateway.actions, [], "nothing is sent without a reason");
    await page.selectOption("#action-minutes", "240");
    await page.fill("#action-comment", "正在施工");
    await confirm(page);
    await page.waitForSelector(`[data-alarm="${id}"][data-state=shelved] >> text=正在施工`);
    assert.match(await row.textContent(), /搁置至.*林晓：正在施工.*条件仍存在/);
    assert.deepEqual(one.gateway.actions, [{ id, action: "shelve", by: "林晓", comment: "正在施工", minutes: 240 }]);
    assert.equal(await row.locator(".ack").count(), 0);
    await row.locator("[data-action=unshelve]").click();
    await confirm(page);
    await page.waitForSelector(`[data-alarm="${id}"][data-state=unacknowledged]`);
  });

  test("an alarm is taken out of service with a reason, and returned", async () => {
    const { id } = one.gateway.raise({ state: 2, by: "陈志明", message: "摄像机 离线" });
    const page = await open("alarms");
    await page.click(`[data-alarm="${id}"] [data-action=out-of-service]`);
    await page.fill("#action-comment", "返厂维修");
    await confirm(page);
    await page.waitForSelector(`[data-alarm="${id}"][data-state=out_of_service] >> text=林晓：返厂维修`);
    await page.click(`[data-alarm="${id}"] [data-action=return-to-service]`);
    await confirm(page);
    await page.waitForSelector(`[data-alarm="${id}"][data-state=unacknowledged]`);
  });

  test("a latched alarm is acknowledged, then reset; one whose condition is still there cannot be", async () => {
    const { id } = one.gateway.raise({ state: 7, active: false, message: "水泵房 漏水" });
    const wet = one.gateway.raise({ state: 8, active: true, message: "机房 漏水" });
    const page = await open("alarms");
    assert.equal(await page.locator(`[data-alarm="${wet.id}"] [data-action=reset]`).count(), 0);
    await page.click(`[data-alarm="${id}"] .ack`);
    await page.click(`[data-alarm="${id}"] [data-action=reset]`);
    await confirm(page);
    await until("gone", () => page.locator(`[data-alarm="${id}"]`).count(), (n) => n === 0);
  });

  test("someone else was faster: the dialog says so and stays, the list is as the gateway has it", async () => {
    const { id } = one.gateway.raise({ message: "东门 已开启" });
    const page = await open("alarms");
    await page.click(`[data-alarm="${id}"] [data-action=shelve]`);
    one.gateway.compound.alarms.delete(id);
    await page.fill("#action-comment", "施工");
    await confirm(page);
    await page.waitForSelector(".dialog [role=alert] >> text=状态已变化");
    await page.keyboard.press("Escape");
    await until("no such row", () => page.locator(`[data-alarm="${id}"]`).count(), (n) => n === 0);
  });

  for (const [language, words] of [["zh", { name: "林晓", reason: "正在施工", ack: "确认", shelve: "搁置", shelved: "已搁置" }], ["en", { name: "Lin", reason: "works", ack: "Ack", shelve: "Shelve", shelved: "Shelved" }]]) {
    test(`alarms by keyboard alone, ${language}: acknowledged one after the other, shelved with a reason, found in the journal, saved`, async () => {
      for (const n of [1, 2, 3]) one.gateway.raise({ source: `d${n}`, message: `门 ${n} 已开启`, message_en: `Door ${n} is open`, ago_ms: n * 1000 });
      const page = await open("alarms", { language, operator: words.name });
      const focused = () => page.evaluate(() => ({ text: document.activeElement.textContent, alarm: document.activeElement.closest("[data-alarm]")?.dataset.alarm ?? null, action: document.activeElement.dataset.action ?? null, type: document.activeElement.tagName }));
      await page.locator(".ack").first().focus();
      assert.equal((await focused()).text, words.ack);
      await page.keyboard.press("Enter");
      await until("one acknowledged", () => one.gateway.acks.length, (n) => n === 1);
      const next = await until("the next one's button has the keyboard", focused, ({ text, alarm }) => text === words.ack && alarm !== null);
      await page.keyboard.press("Enter");
      await until("two acknowledged", () => one.gateway.acks.length, (n) => n === 2);
      await until("the last one's button", focused, ({ text, alarm }) => text === words.ack && alarm !== null && alarm !== next.alarm);
      // Its own "shelve" stands before it.
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Shift+Tab");
      const { action, alarm } = await focused();
      assert.equal(action, "shelve");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]");
      await page.keyboard.press("Tab");
      await page.keyboard.type(words.reason);
      await page.keyboard.press("Enter");
      await page.waitForSelector(`[data-alarm="${alarm}"][data-state=shelved] >> text=${words.reason}`);
      assert.match(await page.textContent(`[data-alarm="${alarm}"]`), new RegExp(words.shelved));
      // Escape gives the keyboard back to the button that opened the dialog.
      await page.locator("[data-action=out-of-service]").first().focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]");
      await page.keyboard.press("Escape");
      await page.waitForSelector("dialog[open]", { state: "detached" });
      assert.equal((await focused()).action, "out-of-service");
      await page.focus("#journal input[type=search]");
      await page.keyboard.type(words.reason);
      await until("one entry", () => page.locator(".journal-table tbody tr").count(), (n) => n === 1);
      await page.focus("#journal .panel-actions .button");
      const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
      assert.match(download.suggestedFilename(), /^alarms-.*csv$/);
      assert.deepEqual(one.opened.seen.errors, []);
    });
  }

  test("what is about to alarm counts down and can be acknowledged before it does", async () => {
    badNight(one.gateway);
    const page = await open("alarms");
    await page.waitForSelector("[data-pending='90'] >> text=/\\d+ 秒后报警/");
    await page.click("[data-pending='90'] .button");
    await page.waitForSelector('[data-alarm="90"][data-state=acknowledged]');
    await until("no longer pending", () => page.locator("[data-pending]").count(), (n) => n === 0);
  });

  test("a suppressed alarm says by what, and offers nothing", async () => {
    badNight(one.gateway);
    const page = await open("alarms");
    const row = page.locator("[data-state=suppressed]");
    await page.waitForSelector("[data-alarm]");
    assert.equal(await row.count(), 0, "what another alarm tells for already is in nobody's way");
    await page.click("#alarms >> text=另有 1 条由上级故障引起");
    assert.match(await row.textContent(), /已抑制.*上级故障：总线 riser-east 中断/);
    assert.equal(await row.locator("button").count(), 0);
  });

  test("more alarms than anyone can see to are said", async () => {
    for (let n = 0; n < 14; n++) one.gateway.raise({ source: `d${n}`, message: `门 ${n} 已开启` });
    const page = await open("alarms");
    await page.waitForSelector("#metrics.load-flood >> text=报警偏多");
  });

  test("sound that the browser holds back is said, until somebody touches the page", async () => {
    one.gateway.raise({ message: "东门 已开启" });
    const page = await open("alarms");
    await page.evaluate(() => localStorage.setItem("gateway.alarm-sound", "on"));
    await page.reload();
    await page.waitForSelector("#alarms >> text=浏览器已静音");
    await page.click("#journal-title");
    await until("heard", () => page.locator(".sound-blocked").count(), (n) => n === 0);
  });

  test("a viewer sees alarms, modes and the patrol and can change none", async () => {
    badDay(one.gateway);
    badNight(one.gateway);
    const page = await openAs("alarms", "访客");
    await page.waitForSelector("[data-pending]");
    assert.equal(await page.locator(".ack, [data-action], [data-pending] button").count(), 0);
    await page.evaluate(() => { location.hash = "#/security"; });
    await page.waitForSelector("[data-mode=typhoon]");
    assert.equal(await page.locator(".mode-buttons, .arming button").count(), 0);
    assert.ok(await page.locator("[data-place=garage] input").isDisabled());
  });

  test("the journal asks the gateway for what it is narrowed to, and reads on by event", async () => {
    for (let n = 0; n < 1005; n++) one.gateway.journal.push({ ...one.gateway.raise({ state: 0, change: "raised", source: `d${n}` }), event: 5_000_000 - n });
    one.gateway.journal.splice(0, 1005);
    const page = await open("alarms");
    await page.waitForSelector("#journal >> text=1000 条");
    while (await page.locator("#journal .more").count() > 0 && !/更早/.test(await page.textContent("#journal .more"))) await page.click("#journal .more");
    await page.click("#journal .more");
    await page.waitForSelector("#journal >> text=1005 条");
    const asked = () => one.opened.seen.requests.filter((address) => address.includes("state=all")).map((address) => new URL(address).searchParams);
    await page.selectOption('#journal select[aria-label], #journal .select:has-text("所有区域") select', "b1");
    await until("asked by area", asked, (list) => list.some((query) => query.get("area") === "b1"));
  });

  test("the mode is switched only when it is confirmed, and says since when and by whom", async () => {
    const page = await open("security");
    await page.click("#modes .mode-buttons >> text=台风");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    assert.equal(one.gateway.modes.mode, "usual");
    await page.click("#modes .mode-buttons >> text=台风");
    await page.fill("#action-comment", "橙色预警");
    await confirm(page);
    await page.waitForSelector("[data-mode=typhoon]");
    assert.match(await page.textContent(".mode-now"), /台风模式.*林晓 于 .* 切换 · 橙色预警/);
    await page.click("[data-place=roof] input");
    await page.waitForSelector("[data-place=roof] >> text=/林晓 \\d\\d:\\d\\d/");
    assert.ok(await page.isChecked("[data-place=roof] input"));
    await page.waitForSelector("#patrol >> text=已检查 1/3");
    await page.click("[data-place=roof] input");
    await page.waitForSelector("#patrol >> text=已检查 0/3");
    await page.waitForSelector(".mode-history >> text=巡查 屋顶排水口：取消");
  });

  test("while the site is not run as usual every page says so, with the patrol's progress", async () => {
    badNight(one.gateway);
    const page = await open("overview");
    await page.waitForSelector(".mode-banner");
    assert.match(await page.textContent(".mode-banner"), /台风模式.*王伟 于 .* 切换.*已检查 1\/3/);
    await page.press(".mode-banner a", "Enter");  // a click can end beside a link that a panel above has just moved
    await page.waitForSelector("[data-mode=typhoon]");
    assert.equal(await page.locator(".mode-banner").count(), 0, "the page of the modes says it itself");
  });

  test("dead letters: sent again, or given up after asking; nobody but an administrator", async () => {
    badDay(one.gateway);
    let page = await openAs("system", "王伟");
    await page.waitForSelector("#letters >> text=共 2 份");
    assert.equal(await page.locator("[data-letter]").count(), 0);
    await one.close();
    page = await openAs("system", "周敏");
    await page.click("[data-letter='12'] >> text=放弃");
    await page.click(".dialog button:not(.primary)");
    assert.equal(one.gateway.compound.letters.length, 2);
    await page.click("[data-letter='12'] >> text=放弃");
    await confirm(page);
    await until("one left", () => page.locator("[data-letter]").count(), (n) => n === 1);
    await page.click("[data-letter='17'] >> text=重新发送");
    await until("none left", () => one.gateway.compound.letters.length, (n) => n === 0);
  });

  test("a gateway that does not know the time shows durations and no dates, and says so until it does", async () => {
    one.gateway.raise({ ago_ms: 600_000, message: "东门 已开启" });
    one.gateway.compound.clockKnown = false;
    const page = await open("overview");
    await page.waitForSelector(".banner-clock >> text=时钟尚未校准");
    assert.match(await page.textContent(".top .time"), /时间未知/);
    assert.match(await page.textContent("[data-alarm] .alarm-facts"), /10 分钟前 起/);
    assert.doesNotMatch(await page.textContent("[data-alarm] .alarm-facts"), /\d\d:\d\d/);
    await page.evaluate(() => { location.hash = "#/system"; });
    await page.waitForSelector("#clock >> text=时间服务器没有应答");
    one.gateway.compound.clockKnown = true;
    await until("no banner", () => page.locator(".banner-clock").count(), (n) => n === 0);
  });

  test("the report: four views, traced to readings; an exchange is announced with plain numbers", async () => {
    const page = await open("audit");
    await page.waitForSelector('[data-audit="electricity compound"]');
    await page.click("#audit .history-tools >> text=费用");
    assert.match(await page.textContent('[data-audit="electricity compound"]'), /¥[\d,.]+/);
    await page.click("#audit .history-tools >> text=标煤与碳");
    await page.waitForSelector("[data-total=compound]");
    await page.waitForSelector(".audit-notes >> text=GB/T".replace("GB/T", "闽发改规"));
    await page.selectOption("#audit .select select", "b1");
    await until("its meters", () => page.locator("[data-trace]").count(), (n) => n === 8);
    await page.click("#quality [data-action=exchange]");
    await page.selectOption("#action-meter", "b1-lift");
    await page.fill("#action-old_reading", "12,5");
    await page.fill("#action-new_reading", "0");
    await page.fill("#action-reason", "到期轮换");
    await confirm(page);
    await page.waitForSelector("#action-old_reading-error >> text=请填写数字");
    await page.fill("#action-old_reading", "12345.6");
    await confirm(page);
    await page.waitForSelector("[data-quality=announced_exchange] >> text=林晓：到期轮换");
    assert.deepEqual([one.gateway.exchanges[0].meter, one.gateway.exchanges[0].before, one.gateway.exchanges[0].after], ["b1-lift", 12345.6, 0]);
  });

  test("an administrator corrects an amount: reason and time are asked for, the entry is shown, an operator has no such button", async () => {
    let page = await openAs("audit", "王伟");
    await page.waitForSelector("#quality [data-action=exchange]");
    assert.equal(await page.locator("[data-action=correct]").count(), 0);
    await one.close();
    page = await openAs("audit", "周敏");
    await page.click("#quality [data-action=correct]");
    await page.selectOption("#action-meter", "b1-lift");
    await page.fill("#action-from", "2020-01-31T23:00");
    await page.fill("#action-to", "2020-02-01T01:00");
    await page.selectOption("#action-sign", "-1");
    await page.fill("#action-amount", "12.5");
    await confirm(page);
    await page.waitForSelector("#action-reason-error");
    await page.fill("#action-reason", "旁路运行");
    await page.waitForSelector("#action-to-error >> text=不在同一个月");
    assert.deepEqual(one.gateway.corrections, [], "nothing is sent that would be refused");
    await page.fill("#action-to", "2020-02-01T00:00");
    assert.deepEqual(await seriousFindings(page), []);
    await picture(page, "correction-1280", { fold: true });
    await confirm(page);
    await page.waitForSelector("[data-quality=correction] >> text=周敏：旁路运行");
    const { meter, from_ms, to_ms, amount, reason } = one.gateway.corrections[0];
    assert.deepEqual([meter, from_ms, to_ms, amount, reason], ["b1-lift", Date.UTC(2020, 0, 31, 15), Date.UTC(2020, 0, 31, 16), -12.5, "旁路运行"]);
  });

  test("an exchange can be announced where the meters are listed", async () => {
    const page = await open("devices", { width: 390, language: "en", operator: "Lin" });
    await page.click("#device-meters [data-action=exchange]");
    await page.selectOption("#action-meter", "b1-lift");
    await page.fill("#action-old_reading", "12345.6");
    await page.fill("#action-new_reading", "0");
    await page.fill("#action-reason", "due");
    await picture(page, "exchange-390", { fold: true });
    await confirm(page);
    await until("announced", () => one.gateway.exchanges.length, (n) => n === 1);
    await until("no dialog", () => page.locator("dialog").count(), (n) => n === 0);
  });

  test("what waits for a sink is given up only after it was named; nobody but an administrator", async () => {
    one.gateway.compound.sinkFails = true;
    let page = await openAs("system", "王伟");
    await page.waitForSelector("[data-sink=central] >> text=162,000 行");
    assert.equal(await page.locator("[data-action=drop-waiting]").count(), 0);
    await one.close();
    page = await openAs("system", "周敏");
    await page.click("[data-sink=central] [data-action=drop-waiting]");
    await page.waitForSelector("dialog[open] >> text=/162,000 行.*永远不会到达 central/");
    assert.deepEqual(await seriousFindings(page), []);
    await picture(page, "drop-waiting-1280", { fold: true });
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    assert.equal(one.gateway.compound.droppedLines, 0);
    await page.click("[data-sink=central] [data-action=drop-waiting]");
    await confirm(page);
    await page.waitForSelector("[data-sink=central] [role=status] >> text=dropped");
    await until("counted as dropped", () => page.textContent("[data-sink=central]"), (text) => /已舍弃的行162,000/.test(text));
    assert.equal(await page.locator("[data-action=drop-waiting]").count(), 0);
  });

  test("energy: the tariff's bands stand behind the curve and in the heat map, with their prices", async () => {
    const page = await open("energy");
    await until("a legend each", () => page.locator("[data-legend]").evaluateAll((list) => list.map(({ dataset }) => dataset.legend)), (list) => list.length >= 8);
    await page.waitForSelector("#history .band-legend >> text=/尖.*¥1.1034/");
    assert.ok(await page.locator(".heat-band").count() > 28 * 4);
    await page.click("#history .choice >> text=年");
    await until("a year has none", () => page.locator("#history [data-legend]").count(), (n) => n === 0);
  });

  test("energy: this quarter of an hour against its limit, and what is not accounted for", async () => {
    one.gateway.compound.demandLimitW = 1000;
    one.gateway.compound.lossPct = 4.5;
    const page = await open("energy");
    await page.waitForSelector("#demand [data-demand=forecast].warn");
    await page.waitForSelector("#demand >> text=将超出上限");
    assert.match(await page.textContent("[data-balance=losses]"), /未计量今日 .* kWh，占 2.1%.* 4.5%超过限值 3.0%/);
    await page.selectOption("#history select", "b1");
    await until("the area's own", () => page.textContent("#demand .panel-note"), (text) => text === "一号办公楼");
  });

  test("a site without a tariff shows no bands, no cost and no demand, and is not asked again and again", async () => {
    one.gateway.faults.noTariff = true;
    const page = await open("energy");
    await page.waitForSelector("[data-flow]");
    await page.waitForTimeout(6000);
    assert.equal(await page.locator("#demand, [data-legend], .heat-band, [data-balance]").count(), 0);
    assert.ok(one.gateway.requests.filter((line) => line.endsWith("/tariff")).length <= 2);
    await page.evaluate(() => { location.hash = "#/overview"; });
    await page.waitForSelector(".figures");
    await page.waitForTimeout(1500);
    assert.equal(await page.locator("[data-kpi=demand], [data-kpi=cost], [data-kpi=carbon]").count(), 0);
  });

  test("a report that cannot be read is said, not shown as nothing used", async () => {
    one.gateway.faults.auditFails = true;
    const page = await open("audit");
    await page.waitForSelector("#audit [role=alert] >> text=报表读取失败");
    one.gateway.faults.auditFails = false;
    await page.waitForSelector('[data-audit="electricity compound"]', { timeout: 9000 });
  });

  test("overview: cost and carbon beside yesterday at this hour, demand beside its limit", async () => {
    const page = await open("overview");
    await page.waitForSelector("[data-kpi=cost] >> text=/¥.*昨日此时 ¥/");
    await page.waitForSelector("[data-kpi=carbon] >> text=/碳排放.*昨日此时/");
    await page.waitForSelector("[data-kpi=demand] >> text=/需量预计 .* kW · 上限 250.0 kW .*本月最大/");
  });

  test("energy: bands of the days that are shown, their cost and the highest demand", async () => {
    const page = await open("energy");
    await page.click("#history .choice >> text=周");
    await until("four bands", () => page.locator("[data-band]").count(), (n) => n === 4);
    assert.match(await page.textContent("#bands"), /尖.*峰.*平.*谷.*费用合计¥.*最大需量/);
  });

  test("water: what the leak rules found, and on the devices page what nobody could read and what announced itself", async () => {
    badDay(one.gateway);
    badNight(one.gateway);
    const page = await open("water");
    await page.waitForSelector("[data-alarm] >> text=夜间流量高于往常的夜晚");
    await page.evaluate(() => { location.hash = "#/devices"; });
    await page.click("[data-device=b3-door-roof] summary");
    await page.waitForSelector('[data-device=b3-door-roof] >> text={"contact":true,"battery":"full"}');
    await page.waitForSelector("[data-proposed=roof-hatch] >> text=[[sensor]]");
  });
});
