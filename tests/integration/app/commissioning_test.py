#!/usr/bin/python3
"""The commands of the electrician who commissions a site: models, check, probe. No gateway runs; probe asks the simulated compound.

    commissioning_test.py PROGRAMS
"""
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = None

SITE = '[site]\nid = "s"\n'


def bus(name, url, more=""):
    return f'[[bus]]\nid = "{name}"\nurl = "{url}"\n{more}'


def meter(name, on, unit, model="generic-10", more=""):
    return f'[[meter]]\nid = "{name}"\nbus = "{on}"\nunit = {unit}\nmodel = "{model}"\n{more}'


class Commissioning(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="commissioning."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.site = self.folder / "site.toml"

    def gateway(self, *words, timeout=60):
        return subprocess.run([PROGRAMS / "gateway", *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False)

    def check(self, text):
        self.site.write_text(text, encoding="utf-8")
        return self.gateway("check", "--config", self.site)

    # ---- models

    def test_models_lists_at_least_twenty_and_shows_each_as_a_table_with_its_source(self):
        listed = self.gateway("models").stdout.splitlines()[1:]
        names = [line.split()[0] for line in listed[:listed.index("")]]
        self.assertEqual(sorted(names), sorted(path.stem for path in (ROOT / "drivers/modbus/models").glob("*.toml")))
        self.assertGreaterEqual(len(names), 20)
        for name in names:
            shown = self.gateway("models", name)
            self.assertEqual(shown.returncode, 0, name)
            self.assertRegex(shown.stdout, r"\nsource: \S", name)
            self.assertRegex(shown.stdout, r"at most \d+ registers an answer, \d+ ms pause", name)
            table = shown.stdout[shown.stdout.index("\nquantity"):].strip().splitlines()[1:]
            registers = tomllib.loads((ROOT / f"drivers/modbus/models/{name}.toml").read_text(encoding="utf-8"))["register"]
            self.assertEqual(len(table), len(registers), name)
            for line, register in zip(table, registers):
                self.assertTrue(line.startswith(register["quantity"] + " "), name)
                self.assertIn(f"0x{register['address']:04X}", line, name)
                self.assertRegex(line, r"gauge|counter, (wraps at [\d.e+]+ \w+|never wraps|wrap not known)", name)

    def test_a_model_that_is_not_there_is_told_with_the_nearest_one(self):
        answer = self.gateway("models", "eastron-sdm603")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("did you mean 'eastron-sdm630'?", answer.stderr)

    def test_a_site_has_models_of_its_own_and_a_wrong_one_is_refused_with_its_place(self):
        own = self.folder / "models"
        own.mkdir()
        good = ('name = "ours"\nmaker = "We"\ntitle = "a meter of ours"\nutility = "water"\nsource = "data sheet"\nencoding = "u32"\n'
                'register = [\n  { quantity = "volume", address = 0x10, unit = "m3", scale = 0.001 },\n]\n')
        (own / "ours.toml").write_text(good, encoding="utf-8")
        text = '[site]\nid = "s"\nmodels_folder = "models"\n' + bus("x", "tcp://127.0.0.1:1502") + meter("m", "x", 1, "ours")
        answer = self.check(text)
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertIn("ours", self.gateway("models", "--config", self.site).stdout)
        (own / "ours.toml").write_text(good.replace("u32", "u33"), encoding="utf-8")
        answer = self.check(text)
        self.assertEqual(answer.returncode, 2)
        self.assertRegex(answer.stderr, r"models/ours\.toml:6:\d+: .*u33")

    def test_an_override_is_part_of_the_plan_and_a_wrong_one_is_refused_with_its_place(self):
        text = SITE + bus("x", "tcp://127.0.0.1:1502") + meter("m", "x", 1)
        self.assertIn("function 3, 0x0000 to 0x0013: 20 registers", self.check(text).stdout)
        limited = self.check(text + "[meter.override]\nblock_limit = 8\n").stdout
        self.assertEqual([int(count) for count in re.findall(r": (\d+) registers", limited)], [4, 8, 8])
        answer = self.check(text + "[meter.override]\nblock_limit = 126\n")
        self.assertEqual(answer.returncode, 2)
        self.assertRegex(answer.stderr, r"site\.toml:12:\d+: .*block_limit")

    # ---- check

    def test_check_prints_the_plan_its_cycle_and_how_busy_the_bus_is(self):
        answer = self.check(SITE + bus("riser", "rtu:///dev/ttyS1?baud=9600") + meter("a", "riser", 1, "chint-dtsu666", 'interval = "5s"\n'))
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertRegex(answer.stdout, r"bus riser \(rtu:///dev/ttyS1\?baud=9600\): \d+ requests a round, \d+ ms a cycle of 5 s, \d+ % of its time")
        self.assertRegex(answer.stdout, r"chint-dtsu666 every 5 s \(a\): \d+ ms a meter")
        self.assertRegex(answer.stdout, r"function 3, 0x[0-9A-F]{4} to 0x[0-9A-F]{4}: \d+ registers, \d+ values")

    def test_check_with_the_data_folder_plans_with_what_meters_taught(self):
        text = SITE + bus("x", "tcp://127.0.0.1:1502") + meter("m", "x", 1)
        data = self.folder / "data"
        data.mkdir()
        self.site.write_text(text, encoding="utf-8")
        answer = self.gateway("check", "--config", self.site, "--data", data)
        self.assertIn("learnt-blocks.txt: nothing that meters of this site taught", answer.stdout)
        self.assertIn("0x0000 to 0x0013: 20 registers", answer.stdout)
        (data / "learnt-blocks.txt").write_text("m generic-10 3 0x0008\n", encoding="utf-8")
        answer = self.gateway("check", "--config", self.site, "--data", data)
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertIn("learnt-blocks.txt: 1 cut that 1 meter taught is in the plans", answer.stdout)
        self.assertIn("0x0000 to 0x0007: 8 registers", answer.stdout)
        self.assertIn("0x0008 to 0x0013: 12 registers", answer.stdout)

    def test_check_refuses_a_bus_that_cannot_keep_up_with_what_it_needs_and_what_is_asked(self):
        answer = self.check(SITE + bus("plant-room", "rtu:///dev/ttyS1?baud=9600") + "".join(meter(f"m{unit}", "plant-room", unit) for unit in range(1, 21)))
        self.assertEqual(answer.returncode, 2)
        self.assertRegex(answer.stderr, r"site\.toml:3:\d+: bus plant-room needs [\d.]+ s a cycle, meters ask for 1 s; .*intervals [\d.]+ times as long")
        needs = float(re.search(r"needs ([\d.]+) s", answer.stderr)[1])
        # 20 meters of 20 registers at 9600 8N1: (8 + 5 + 40) characters, 10 ms turnaround, three silences of 3.5 characters each
        self.assertAlmostEqual(needs, 20 * (53 * 10 / 9600 + 0.010 + 2 * 3.5 * 11 / 9600), delta=0.02)

    def test_a_file_that_does_not_fit_into_memory_is_an_error_not_a_crash(self):
        if PROGRAMS.parent.name in ("asan", "tsan"):
            self.skipTest("a sanitizer needs more addresses than may be had here")
        with self.site.open("wb") as file:
            file.truncate(1 << 30)
        answer = subprocess.run([PROGRAMS / "gateway", "check", "--config", self.site], capture_output=True, text=True, timeout=60, check=False,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)))
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertRegex(answer.stderr, r"^gateway: \S")

    def test_more_buses_than_are_promised_are_a_clear_error(self):
        def site(network, serial):
            urls = [f"tcp://127.0.0.1:{1000 + i}" for i in range(network)] + [f"rtu:///dev/ttyS{i}" for i in range(serial)]
            return SITE + "".join(bus(f"b{i}", url) for i, url in enumerate(urls)) + "".join(meter(f"m{i}", f"b{i}", 1) for i in range(len(urls)))
        self.assertEqual(self.check(site(200, 8)).returncode, 0)
        answer = self.check(site(257, 8))
        self.assertEqual(answer.returncode, 2)
        self.assertRegex(answer.stderr, r"site\.toml:\d+:\d+: .*256")

    # ---- probe

    def test_probe_finds_the_meters_of_a_bus_tells_how_far_it_is_and_prints_blocks_that_check_takes(self):
        written = self.folder / "written.toml"
        with subprocess.Popen([PROGRAMS / "compound-simulator", "--modbus-tcp", "127.0.0.1:0", "--write-site", written], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.folder) as simulator:
            self.addCleanup(simulator.wait)
            self.addCleanup(simulator.kill)
            for _ in range(300):
                if written.exists() and "[[meter]]" in written.read_text(encoding="utf-8"):
                    break
                time.sleep(0.1)
            site = tomllib.loads(written.read_text(encoding="utf-8"))
            line = next(each for each in site["bus"] if each["url"].startswith("tcp://"))
            there = {each["unit"]: each["model"] for each in site["meter"] if each["bus"] == line["id"]}
            last = max(there) + 2
            answer = self.gateway("probe", line["url"], "--units", f"1-{last}", "--timeout", "1000", timeout=240)
            simulator.kill()
        self.assertEqual(answer.returncode, 0, answer.stderr)
        if last >= 25:
            self.assertRegex(answer.stderr, rf"unit 25 of {last}, \d+ found")
        found = tomllib.loads(answer.stdout)
        self.assertEqual({each["unit"] for each in found["meter"]}, set(there))
        blocks = answer.stdout.split("[[meter]]")[1:]
        named = sum(there[each["unit"]] in block for each, block in zip(found["meter"], blocks))
        self.assertEqual(named, len(there), "a meter's own model is not among those that are named")
        self.assertEqual(self.check(SITE + answer.stdout).returncode, 0)

    def test_probe_refuses_what_it_cannot_do(self):
        for words, told in ((("tcp//x",), "not a bus URL"), (("tcp://127.0.0.1:1", "--units", "0-300"), "are no unit ids"),
                            (("rtu:///dev/no-such-port",), "is the adapter plugged in")):
            answer = self.gateway("probe", *words)
            self.assertNotEqual(answer.returncode, 0)
            self.assertIn(told, answer.stderr)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
