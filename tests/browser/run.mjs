// Runs every browser test and ends with one line: N passed, N failed. Installs nothing.
//   GATEWAY_URL=http://127.0.0.1:8080/ node run.mjs             all tests, against that gateway
//   node run.mjs --faults                                       only those that bring their own other end
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const faultsOnly = process.argv.includes("--faults");
if (!faultsOnly && !process.env.GATEWAY_URL) {
  console.error("GATEWAY_URL is not set: the address of a running gateway, or --faults for the tests that need none");
  process.exit(2);
}

const files = (await readdir(here)).filter((name) => name.endsWith(".test.mjs") && (!faultsOnly || name.startsWith("faults"))).sort();
const folder = await mkdtemp(join(tmpdir(), "gateway-browser-"));
const summary = join(folder, "summary.tap");
// One file after the other: two browsers at once on a small machine make timing tests fail for no fault of the page.
let status = 0;
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of files) {
  const code = await new Promise((resolve) => {
    spawn(process.execPath, ["--test", "--test-reporter=spec", "--test-reporter-destination=stdout",
      "--test-reporter=tap", `--test-reporter-destination=${summary}`, join(here, file)], { stdio: "inherit" }).on("close", resolve);
  });
  const tap = await readFile(summary, "utf8").catch(() => "");
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(tap)?.[1] ?? 0);
  passed += count("pass");
  failed += count("fail") + count("cancelled");
  skipped += count("skipped") + count("todo");
  // A file that ended badly without a failed test (a broken import, say) is a failure too.
  if (code !== 0 && count("fail") + count("cancelled") === 0) failed += 1;
  if (code !== 0) status = 1;
}
await rm(folder, { recursive: true, force: true });
if (passed + failed === 0) {
  failed = 1;
  status = 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(status || (failed > 0 ? 1 : 0));
