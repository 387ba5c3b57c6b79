#!/usr/bin/python3
"""Backup, restore and a replaced box, as docs/operations.md describes them, with the real program.

    backup_test.py PROGRAMS
"""
import json
import os
import shutil
import subprocess
import sys
import tarfile
import unittest
import urllib.error
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from demo_system import ROOT, ProgramTest, demo  # noqa: E402

LEAK = """
[[event]]
at = "1s"
kind = "leak"
sensor = "b1-leak-1"
for = "1h"
"""


class Backup(ProgramTest):
    scenario = LEAK

    def setUp(self):
        self.system.site.write_text(self.good_site, encoding="utf-8")
        self.system.data = self.system.folder / self.id().rsplit(".", 1)[1]
        self.system.start_gateway()
        self.read_meters()
        self.until("the leak is not told", self.leak)

    def leak(self):
        alarms = demo.get_json(f"{self.system.web}/api/v1/alarms?state=open&limit=100")["alarms"]
        return next((alarm for alarm in alarms if alarm["source"] == "b1-leak-1"), None)

    def state(self):
        return self.system.live()["compound"]["energy_today_wh"], self.leak()["raised_ms"]

    def end(self):
        self.assertEqual(self.system.gateway.end(), 0)
        self.system.running.remove(self.system.gateway)

    def goes_on_from(self, energy, raised):
        self.read_meters()
        self.until("today's energy is lost", lambda: self.system.live()["compound"]["energy_today_wh"] >= energy)
        self.until("the alarm is lost", self.leak)
        self.assertEqual(self.leak()["raised_ms"], raised)

    def test_an_archive_of_the_stopped_box_starts_on_another(self):
        added = subprocess.run([self.programs / "gateway", "user", "add", "li", "--role", "admin", "--data", self.system.data], input="a long password\n",
                               text=True, capture_output=True, check=False)
        self.assertEqual(added.returncode, 0, added.stderr)
        state = self.state()
        self.end()
        archive = self.system.folder / "box.tar.gz"
        with tarfile.open(archive, "w:gz") as out:
            out.add(self.system.data, "data")
            out.add(self.system.site, "site.toml")
        shutil.rmtree(self.system.data)
        replaced = self.system.folder / "replaced"
        with tarfile.open(archive) as kept:
            kept.extractall(replaced)
        self.system.data = replaced / "data"
        users = self.system.data / "users"
        self.assertIn("li:admin:", users.read_text(encoding="utf-8"))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.system.gateway = self.system.start("gateway", self.programs / "gateway", "run", "--config", replaced / "site.toml", "--data", self.system.data)
            self.until("it does not answer", lambda: demo.http(f"{self.system.web}/healthz") is not None)
            self.system.live()
        self.assertEqual(refused.exception.code, 401, "users came along")
        self.end()
        users.unlink()
        self.system.start_gateway()
        self.goes_on_from(*state)

    def test_a_copy_made_while_it_runs_starts_on_another(self):
        state = self.state()
        copy = self.system.folder / "copy"
        copy.mkdir()
        # The checkpoint is written once a minute or with the last batch; counters make up for what came since.
        done = subprocess.run(["sqlite3", f"file:{self.system.data}/gateway.db?mode=ro", f".backup '{copy}/gateway.db'"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIsNone(self.system.gateway.process.poll(), "the running one is undisturbed")
        self.end()
        self.system.data = copy
        self.system.start_gateway()
        self.goes_on_from(*state)

    def test_nothing_that_was_not_delivered_is_lost_with_the_box(self):
        """The outbox travels with the data."""
        store = next(process for process in self.system.running if process.name == "influxdb")
        store.process.send_signal(19)  # SIGSTOP: the central store hangs
        try:
            self.until("nothing waits", lambda: self.waiting() > 100, 40)  # more than what is only not yet ticked off
            self.end()
        finally:
            store.process.send_signal(18)
        waiting = self.waiting()
        self.assertGreater(waiting, 100)
        moved = self.system.folder / "moved"
        shutil.copytree(self.system.data, moved)
        self.system.data = moved
        self.assertEqual(self.waiting(), waiting)
        self.system.start_gateway()
        self.until("the backlog is not delivered", lambda: demo.get_json(f"{self.system.web}/api/v1/sync")["sinks"][0]["delivered_lines"] >= waiting, 60)

    def waiting(self):
        answer = subprocess.run([self.programs / "gateway", "outbox", "--data", self.system.data, "--json"], capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)["sinks"][0]["queued_lines"]


if __name__ == "__main__":
    ProgramTest.programs = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
