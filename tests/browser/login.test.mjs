// Users of the real program: made on the command line, tried in the browser. Needs the gateway's program in GATEWAY_PROGRAM.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, until } from "./browser.mjs";

const program = process.env.GATEWAY_PROGRAM;
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

describe("users of a real gateway", { skip: program === undefined ? "GATEWAY_PROGRAM is not set" : false }, () => {
  let browser;
  let folder;
  let gateway;
  let url;
  const user = (words, input = "") => spawnSync(program, ["user", ...words, "--data", folder], { input, encoding: "utf8" });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gateway-login-"));
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const site = join(folder, "site.toml");
    // A meter that nobody answers for: the page has figures to hide and an alarm-free list.
    await writeFile(site, `[site]\nid = "login"\nname = "登录测试"\n[[bus]]\nid = "none"\nurl = "tcp://127.0.0.1:1"\n[[meter]]\nid = "m"\nbus = "none"\nunit = 1\nmodel = "eastron-sdm630"\n[web]\nlisten = "127.0.0.1:${port}"\n`);
    for (const [name, role] of [["operator", "operator"], ["viewer", "viewer"]]) {
      const added = user(["add", name, "--role", role], "correct horse\n");
      assert.equal(added.status, 0, added.stderr);
    }
    gateway = spawn(program, ["run", "--config", site, "--data", folder], { stdio: "ignore" });
    await until("an answer", () => fetch(new URL("healthz", url)).then(() => true, () => false), (yes) => yes, 15_000);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    gateway?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  test("the command line lists, refuses what will not do, and says what would", () => {
    assert.match(user(["list"]).stdout, /operator +operator\nviewer +viewer/);
    const short = user(["add", "new", "--role", "admin"], "short\n");
    assert.equal(short.status, 2);
    assert.match(short.stderr, /at least 10 letters/);
    assert.equal(user(["add", "new", "--role", "king"], "correct horse\n").status, 2);
    assert.equal(user(["remove", "nobody"]).status, 1);
    assert.equal(user(["add", "gone", "--role", "viewer"], "correct horse\n").status, 0);
    assert.equal(user(["remove", "gone"]).status, 0);
    assert.doesNotMatch(user(["list"]).stdout, /gone/);
  });

  test("without a session the API answers 401, and tells a stranger nothing", async () => {
    for (const path of ["live", "alarms", "history?node=compound", "devices", "sync"]) {
      const response = await fetch(new URL(`api/v1/${path}`, url));
      assert.equal(response.status, 401, path);
      assert.equal((await response.json()).error.code, "login_required");
    }
  });

  test("a wrong password is refused, the right one opens the page, logging out closes it", async () => {
    const { page, close } = await browser.open(url, { settle: false });
    await page.waitForSelector(".login");
    await page.fill("#login-user", "operator");
    await page.fill("#login-password", "wrong horse!");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert] >> text=用户名或密码不正确");
    await page.fill("#login-password", "correct horse");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".overview");
    const cookies = await page.context().cookies();
    const cookie = cookies.find(({ name }) => name === "gateway_session");
    assert.ok(cookie.httpOnly && cookie.sameSite === "Strict");
    assert.equal(await page.evaluate(() => document.cookie), "");
    await page.reload();
    await page.waitForSelector(".overview"); // the session outlives a reload
    await page.click(".tool-user");
    await page.waitForSelector(".login");
    await page.reload();
    await page.waitForSelector(".login");
    await close();
  });

  test("a viewer's acknowledgement is refused by the gateway itself", async () => {
    const entered = await fetch(new URL("api/v1/login", url), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: "viewer", password: "correct horse" }),
    });
    assert.equal(entered.status, 200);
    const cookie = entered.headers.get("set-cookie").split(";")[0];
    const refused = await fetch(new URL("api/v1/alarms/1/ack", url), {
      method: "POST", headers: { "Content-Type": "application/json", cookie }, body: "{}",
    });
    assert.equal(refused.status, 403);
    assert.equal((await refused.json()).error.code, "role_too_low");
  });

  test("five wrong passwords lock the name, and the page says for how long", async () => {
    const { page, close } = await browser.open(url, { settle: false });
    await page.waitForSelector(".login");
    for (let i = 0; i < 6; i++) {
      await page.fill("#login-user", "viewer");
      await page.fill("#login-password", "wrong horse!");
      await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/api/v1/login")), page.keyboard.press("Enter")]);
      await until("a form that takes another try", () => page.locator(".login .primary").isDisabled(), (disabled) => !disabled);
    }
    await page.waitForSelector("[role=alert] >> text=密码错误次数过多");
    await close();
  });
});
