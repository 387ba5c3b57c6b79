#!/usr/bin/python3
"""FAULTS 6, 40: SIGKILL of the real program at random moments, the simulated compound before it and an oracle behind it.

    kill9_test.py PROGRAMS [KILLS]
"""
import importlib.machinery
import importlib.util
import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from kill9 import Kills  # noqa: E402

PROGRAMS = None
KILLS = 200

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


class KilledGateway(unittest.TestCase):
    def test_random_kills_lose_nothing_that_was_kept_and_send_nothing_twice(self):
        scenario = ROOT / "tests" / "demo" / "check.scenario.toml"
        with demo.System(PROGRAMS, scenario) as system:
            kills = Kills(demo, PROGRAMS)
            self.addCleanup(kills.oracle.close)
            system.influx = kills.oracle.url
            system.start_broker()
            system.start_simulator()
            kills.run(system, KILLS)
            sink = kills.settle(system)
            lost, examples = kills.lost(sink["queued_lines"])
            self.assertEqual(lost, 0, examples)
            twice, examples = kills.twice()
            self.assertEqual(twice, 0, examples)
            # The books and the far end's own count say the same, over all the lives.
            self.assertEqual(sink["kept_lines"], sink["delivered_lines"] + sink["queued_lines"] + sink["dead_lines"] + sink["dropped_lines"])
            self.assertEqual(sink["dead_lines"] + sink["dropped_lines"], 0)
            windows = sum(1 for series, _ in kills.oracle.points if series.startswith("consumption,"))
            others = len(kills.oracle.points) - windows
            self.assertGreater(others, KILLS / 4, "the kills fell so early that hardly anything was kept")
            values = sum(fields.count("=") for fields in kills.oracle.points.values())
            self.assertEqual(values, sink["delivered_values"] - sink["rewritten_values"])
            print(f"{KILLS} kills, {others} readings and alarms, {windows} windows, {kills.oracle.resent} lines sent again as they were")


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    if len(sys.argv) > 1:
        KILLS = int(sys.argv.pop(1))
    os.chdir(ROOT)
    unittest.main(verbosity=2)
