#!/usr/bin/python3
"""Fault 37: the gateway is killed with alarms active, acknowledged, shelved, out of service and returned unacknowledged. The same states
come back, nothing is lost, nothing is announced anew; mode and armed areas hold.

    alarm_restart_test.py PROGRAMS
"""
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = None
SCENARIO = """
[[event]]
at = "1s"
kind = "leak"
sensor = "b1-leak-1"
for = "1h"
[[event]]
at = "1s"
kind = "leak"
sensor = "b1-leak-2"
for = "1h"
[[event]]
at = "1s"
kind = "leak"
sensor = "b2-leak-1"
for = "1h"
[[event]]
at = "10s"
kind = "leak"
sensor = "b2-leak-2"
for = "3s"
[[event]]
at = "1s"
kind = "door_open"
sensor = "b1-door-1"
for = "1h"
"""
MODE = """
[[mode]]
id = "storm"
name = "台风"
name_en = "Typhoon"
off_hours = true
[[mode.patrol]]
id = "roof"
name = "屋顶"
"""

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


class AlarmRestart(unittest.TestCase):
    def setUp(self):
        self.system = demo.System(PROGRAMS, None)
        self.addCleanup(self.system.__exit__)
        self.system.scenario = self.system.folder / "scenario.toml"
        self.system.scenario.write_text(SCENARIO, encoding="utf-8")
        self.system.start_broker()
        self.system.start_store()
        self.system.start_simulator()
        self.system.site.write_text(self.system.site.read_text(encoding="utf-8") + MODE, encoding="utf-8")
        self.system.start_gateway()

    def until(self, what, ready, seconds=30):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def open_alarms(self):
        return {(alarm["rule"], alarm["source"]): alarm for alarm in demo.get_json(f"{self.system.web}/api/v1/alarms")["alarms"]}

    def states(self):
        return {key: alarm["state_name"] for key, alarm in self.open_alarms().items()}

    def post(self, path, **body):
        request = urllib.request.Request(f"{self.system.web}/api/v1/{path}", data=json.dumps({"by": "chen", **body}).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def act(self, source, verb, **body):
        alarm = next(alarm for key, alarm in self.open_alarms().items() if key[1] == source)
        return self.post(f"alarms/{alarm['id']}/{verb}", **body)

    def kill_and_start_again(self):
        self.system.gateway.process.kill()
        self.system.gateway.process.wait()
        self.system.running.remove(self.system.gateway)
        self.system.start_gateway()

    def test_every_state_comes_back_and_nothing_is_announced_anew(self):
        wanted = {("leak", "b1-leak-1"): "unacknowledged", ("door-open", "b1-door-1"): "acknowledged", ("leak", "b1-leak-2"): "shelved",
                  ("leak", "b2-leak-1"): "out_of_service", ("leak", "b2-leak-2"): "returned_unacknowledged"}
        self.until("not every alarm came", lambda: set(wanted) <= set(self.states())
                   and self.states()["leak", "b2-leak-2"] == "returned_unacknowledged")
        self.act("b1-door-1", "ack", comment="delivery")
        shelved = self.act("b1-leak-2", "shelve", comment="being mended", minutes=60)
        self.act("b2-leak-1", "out-of-service", comment="sensor is being replaced")
        self.post("mode", mode="storm", comment="orange warning")
        self.post("areas/b2/arm")
        self.post("patrol/roof/check")
        self.assertEqual({key: self.states()[key] for key in wanted}, wanted)
        # What a person did is answered when it was done; it is on the disk when the journal has it.
        self.until("the journal is not complete", lambda: {alarm["change"] for alarm in self.system.journal()} >=
                   {"raised", "returned", "acknowledged", "shelved", "taken_out_of_service"})
        self.until("the patrol is not kept", lambda: len(demo.get_json(f"{self.system.web}/api/v1/modes/journal")["entries"]) == 3)
        before = self.open_alarms()
        last = max(alarm["event"] for alarm in self.system.journal())
        modes = demo.get_json(f"{self.system.web}/api/v1/modes")
        for _ in range(2):
            self.kill_and_start_again()
            time.sleep(5)  # retained messages, first polls, their delays: everything that could raise something anew
            after = self.open_alarms()
            for key, state in wanted.items():
                with self.subTest(alarm=key):
                    self.assertEqual(after[key]["state_name"], state)
                    for what in ("event", "occurrence", "raised_ms", "changed_ms", "by", "comment", "held_by", "held_reason", "shelved_until_ms"):
                        self.assertEqual(after[key][what], before[key][what], what)
            again = [alarm for alarm in self.system.journal() if alarm["event"] > last and alarm["announced"]]
            self.assertEqual(again, [])
            self.assertEqual(demo.get_json(f"{self.system.web}/api/v1/modes"), modes)
        self.assertEqual(after["leak", "b1-leak-2"]["shelved_until_ms"], shelved["shelved_until_ms"])


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
