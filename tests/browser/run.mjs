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
// Files that need the real gateway share it, so they run one after another; each of the others brings its own other end, and they run
// beside those. Mostly they wait, for a page or for a clock; two lanes, because more browsers at once make timing tests fail for no fault
// of the page. What a file prints is shown when it has ended.
const needsReal = async (file) => /\bneedsReal\b/.test(await readFile(join(here, file), "utf8"));
const real = [];
const alone = [];
for (const file of files) (await needsReal(file) ? real : alone).push(file);
const lanes = [real, alone].filter((lane) => lane.length > 0);
const folder = await mkdtemp(join(tmpdir(), "gateway-browser-"));
let status = 0;
let passed = 0;
let failed = 0;
let skipped = 0;

async function run(file) {
  const summary = join(folder, `${file}.tap`);
  const { code, output } = await new Promise((resolve) => {
    const child = spawn(process.execPath, ["--test", "--test-reporter=spec", "--test-reporter-destination=stdout",
      "--test-reporter=tap", `--test-reporter-destination=${summary}`, join(here, file)], { stdio: ["ignore", "pipe", "pipe"] });
    const pieces = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => pieces.push(piece));
    child.on("close", (code) => resolve({ code, output: Buffer.concat(pieces) }));
  });
  process.stdout.write(output);
  const tap = await readFile(summary, "utf8").catch(() => "");
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(tap)?.[1] ?? 0);
  passed += count("pass");
  failed += count("fail") + count("cancelled");
  skipped += count("skipped") + count("todo");
  // A file that ended badly without a failed test (a broken import, say) is a failure too.
  if (code !== 0 && count("fail") + count("cancelled") === 0) failed += 1;
  if (code !== 0) status = 1;
}

await Promise.all(lanes.map(async (lane) => {
  for (const file of lane) await run(file);
}));
await rm(folder, { recursive: true, force: true });
if (passed + failed === 0) {
  failed = 1;
  status = 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(status || (failed > 0 ? 1 : 0));
