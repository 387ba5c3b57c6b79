#!/usr/bin/python3
"""FAULTS 8, 10 with the real program: a start on a disk that is read-only, or full. It runs, on a store in memory, and goes on sending; when the
disk works again everything is on it. Behind it an oracle that knows every point it was ever sent.

    disk_program_test.py PROGRAMS

Needs to be allowed to mount a small file system in memory (root); is skipped otherwise.
"""
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from write_oracle import WriteOracle  # noqa: E402

PROGRAMS = None

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


class DiskOfTheProgram(unittest.TestCase):
    def setUp(self):
        self.oracle = WriteOracle()
        self.addCleanup(self.oracle.close)
        self.system = demo.System(PROGRAMS, ROOT / "tests" / "demo" / "check.scenario.toml")
        self.addCleanup(self.system.__exit__)
        self.system.influx = self.oracle.url
        self.system.data.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.system.data], capture_output=True, check=False).returncode != 0:
            self.skipTest("a file system can't be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.system.data], check=False)
        self.system.start_broker()
        self.system.start_simulator()

    def start(self):
        self.system.start_gateway()

    def end(self):
        status = self.system.gateway.end()
        self.system.running.remove(self.system.gateway)
        return status

    def until(self, what, ready, seconds=30):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def sync(self):
        return demo.get_json(f"{self.system.web}/api/v1/sync")

    def readings(self):
        with self.oracle.lock:
            return sum(1 for series, _ in self.oracle.points if series.startswith(("electricity,", "water,")))

    def must_balance(self):
        answer = subprocess.run([PROGRAMS / "gateway", "outbox", "--data", self.system.data, "--json"], capture_output=True, text=True, check=True)
        sink = json.loads(answer.stdout)["sinks"][0]
        self.assertEqual(sink["kept_lines"], sink["delivered_lines"] + sink["queued_lines"] + sink["dead_lines"] + sink["dropped_lines"])
        self.assertEqual(sink["dropped_lines"], 0)

    def run_in_memory_and_back(self, break_disk, mend_disk):
        self.start()
        self.until("nothing is sent", lambda: self.readings() > 50)
        self.assertTrue(self.sync()["store"]["on_disk"])
        self.assertEqual(self.end(), 0)
        break_disk()
        self.start()
        store = self.sync()["store"]
        self.assertFalse(store["on_disk"])
        self.assertIn("in memory", store["last_error"])
        before = self.readings()
        self.until("nothing is sent while the disk takes nothing", lambda: self.readings() > before + 50)
        mend_disk()
        self.until("the disk is not taken again", lambda: self.sync()["store"]["on_disk"])
        before = self.readings()
        self.until("nothing is sent afterwards", lambda: self.readings() > before + 50)
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.oracle.changed, [])
        self.must_balance()

    def test_a_start_on_a_read_only_disk_runs_in_memory_and_comes_back_by_itself(self):
        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how}", self.system.data], check=True)
        self.run_in_memory_and_back(lambda: remount("ro"), lambda: remount("rw"))

    def test_a_start_on_a_full_disk_runs_in_memory_and_comes_back_by_itself(self):
        ballast = self.system.data / "ballast"

        def fill():
            with ballast.open("wb", buffering=0) as file:
                try:
                    while file.write(b"x" * 4096) == 4096:
                        pass
                except OSError:
                    pass
        self.run_in_memory_and_back(fill, ballast.unlink)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
