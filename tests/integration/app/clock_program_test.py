#!/usr/bin/python3
"""FAULTS 26, 27 and 14 with the real program: a board that boots in 1970, a wall clock that is set back while it runs (libfaketime), and a
site.toml that is empty at a start. Behind it an oracle that knows every point it was ever sent.

    clock_program_test.py PROGRAMS
"""
import glob
import importlib.machinery
import importlib.util
import os
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from write_oracle import WriteOracle  # noqa: E402

PROGRAMS = None
YEAR = 365.25 * 86_400

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


class ClockOfTheProgram(unittest.TestCase):
    def setUp(self):
        if PROGRAMS.parent.name in ("asan", "tsan"):  # clock_fault_test has the same claims there
            self.skipTest("a sanitizer and libfaketime replace the same functions")
        self.oracle = WriteOracle()
        self.addCleanup(self.oracle.close)
        self.system = demo.System(PROGRAMS, ROOT / "tests" / "demo" / "check.scenario.toml")
        self.addCleanup(self.system.__exit__)
        self.system.influx = self.oracle.url
        self.system.start_broker()
        self.system.start_simulator()
        self.offset = self.system.folder / "faketime"
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.assertTrue(libraries, "faketime is not installed (./dev test installs it)")
        self.environment = {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(self.offset), "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def set_clock(self, seconds):
        """So much before or after the machine's own."""
        fresh = self.offset.with_suffix(".new")
        fresh.write_text(f"{seconds:+.0f}\n", encoding="utf-8")
        fresh.rename(self.offset)

    def start(self):
        kept = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            self.system.start_gateway()
        finally:
            for name, value in kept.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value

    def clock(self):
        return demo.get_json(f"{self.system.web}/api/v1/sync")["gateway"]["clock"]

    def readings(self):
        with self.oracle.lock:
            return sorted(time for series, time in self.oracle.points if series.startswith(("electricity,", "water,")))

    def until(self, what, ready, seconds=30):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def test_a_box_that_boots_in_1970_holds_its_readings_and_dates_them_back(self):
        self.set_clock(-55 * YEAR)
        begun = time.time() * 1000
        self.start()
        self.until("the clock is not doubted", lambda: self.clock()["held_readings"] > 100)
        self.assertFalse(self.clock()["known"])
        self.assertFalse(self.system.live()["clock_known"])
        self.assertIn("clock", demo.http(f"{self.system.web}/healthz"))
        self.assertEqual(self.readings(), [])
        set_at = time.time() * 1000
        self.set_clock(0)
        self.until("the readings do not come", lambda: len(self.readings()) > 50)
        self.assertTrue(self.clock()["known"])
        ended = time.time() * 1000
        self.assertGreaterEqual(self.readings()[0], begun - 1000)
        self.assertLessEqual(self.readings()[-1], ended + 1000)
        # The first ones are from before the clock was set.
        self.assertLess(self.readings()[0], set_at)

    def test_a_wall_clock_that_is_set_back_an_hour_overwrites_nothing(self):
        self.set_clock(3600)
        self.start()
        self.until("nothing is sent", lambda: len(self.readings()) > 100)
        self.set_clock(0)
        self.until("the step is not seen", lambda: self.clock()["steps"] >= 1)
        before = len(self.readings())
        self.until("nothing comes after the step", lambda: len(self.readings()) > before + 100)
        self.assertEqual(self.oracle.changed, [])
        self.assertTrue(self.clock()["known"])
        self.assertEqual(self.system.gateway.end(), 0)

    def test_an_empty_site_toml_at_a_start_runs_the_last_good_one_and_says_so(self):
        self.set_clock(0)
        self.start()
        self.until("no reading", lambda: len(self.readings()) > 0)
        good = self.system.site.read_text(encoding="utf-8")
        for text in ("", good[:len(good) // 2] + "\n[[meter]\nid = "):
            self.system.gateway.end()
            self.system.running.remove(self.system.gateway)
            self.system.site.write_text(text, encoding="utf-8")
            self.start()
            refused = demo.get_json(f"{self.system.web}/api/v1/sync")["gateway"]["refused_configuration"]
            self.assertIn("site.toml:", refused)
            self.assertGreater(self.system.live()["compound"]["meters"], 0)
        self.system.gateway.end()
        self.system.running.remove(self.system.gateway)
        self.system.site.write_text(good, encoding="utf-8")
        self.start()
        self.assertEqual(demo.get_json(f"{self.system.web}/api/v1/sync")["gateway"]["refused_configuration"], "")


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
