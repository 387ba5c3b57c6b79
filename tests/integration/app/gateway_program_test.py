#!/usr/bin/python3
"""The gateway as its administrator meets it: signals, restarts, kills and configuration files, with the demo's servers around it.

    gateway_program_test.py PROGRAMS
"""
import contextlib
import http.client
import importlib.machinery
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = None
SCENARIO = """
[[event]]
at = "1s"
kind = "leak"
sensor = "b1-leak-1"
for = "1h"
"""

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


class GatewayProgram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = demo.System(PROGRAMS, None)
        cls.addClassCleanup(cls.system.__exit__)
        cls.system.scenario = cls.system.folder / "scenario.toml"
        cls.system.scenario.write_text(SCENARIO, encoding="utf-8")
        cls.system.start_broker()
        cls.system.start_store()
        cls.system.start_simulator()
        cls.good_site = cls.system.site.read_text(encoding="utf-8")

    def setUp(self):
        if (time.time() + 8 * 3600) % 86_400 > 86_400 - 120:
            self.skipTest("the compound's day ends while this runs, and `today` begins anew")
        self.system.site.write_text(self.good_site, encoding="utf-8")
        self.system.start_gateway()

    def tearDown(self):
        self.system.gateway.end()
        self.system.running.remove(self.system.gateway)
        self.system.must_run()  # none of the others took harm

    def process(self):
        return self.system.gateway.process

    def log(self):
        return self.system.gateway.log.read_text(encoding="utf-8", errors="replace")

    def until(self, what, ready, seconds=20):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def read_meters(self):
        """Waits until every meter was read."""
        self.until("not all meters were read", lambda: self.live()["meters_online"] == self.live()["meters"])

    def live(self):
        return self.system.live()["compound"]

    def energy_today(self):
        return self.live()["energy_today_wh"]

    def leak(self):
        """The standing alarm of the wet leak sensor, or None."""
        alarms = demo.get_json(f"{self.system.web}/api/v1/alarms?state=open&limit=100")["alarms"]
        return next((alarm for alarm in alarms if alarm["source"] == "b1-leak-1" and alarm["state"] in (1, 2)), None)

    def restart(self):
        self.system.running.remove(self.system.gateway)
        self.system.start_gateway()

    def test_sighup_with_mistakes_says_them_all_and_the_old_configuration_goes_on(self):
        self.read_meters()
        before = self.energy_today()
        self.system.site.write_text(self.good_site.replace("[site]", "[site]\ncolour = \"green\"", 1) + "\n[stoer]\n", encoding="utf-8")
        self.process().send_signal(signal.SIGHUP)
        self.until("the mistakes are not told", lambda: "the old one goes on" in self.log())
        self.assertRegex(self.log(), r"site\.toml:\d+:\d+: .*'colour'")
        self.assertRegex(self.log(), r"site\.toml:\d+:\d+: .*'stoer'.*'store'")
        self.assertEqual(demo.http(f"{self.system.web}/healthz").strip()[:2].lower(), "ok")
        self.until("energy does not grow any more", lambda: self.energy_today() > before)

    def test_sighup_with_a_good_file_takes_it_and_forgets_nothing(self):
        self.read_meters()
        self.until("the leak is not told", self.leak)
        before, leak, pid = self.energy_today(), self.leak(), self.process().pid
        self.assertIn("Cangshan Government Affairs Centre", self.good_site)
        self.system.site.write_text(self.good_site.replace("Cangshan Government Affairs Centre", "Renamed Centre"), encoding="utf-8")
        self.process().send_signal(signal.SIGHUP)

        def renamed():
            with contextlib.suppress(OSError):
                return self.system.live()["site"]["name_en"] == "Renamed Centre"
        self.until("the new name is not taken", renamed)
        self.read_meters()
        self.assertEqual(self.process().pid, pid)
        self.assertGreaterEqual(self.energy_today(), before)
        self.assertEqual(self.leak()["id"], leak["id"])
        self.assertEqual(self.leak()["raised_ms"], leak["raised_ms"], "an alarm that stood before is not raised anew")

    def test_sigterm_and_a_new_start_go_on_where_it_ended(self):
        self.read_meters()
        self.until("the leak is not told", self.leak)
        leak = self.leak()
        before = self.energy_today()
        begin = time.monotonic()
        self.assertEqual(self.system.gateway.end(), 0)
        self.assertLess(time.monotonic() - begin, 5)
        self.restart()
        self.assertGreaterEqual(self.energy_today(), before)
        self.read_meters()
        self.until("the time between is not booked", lambda: self.energy_today() > before)
        self.assertEqual(self.leak()["raised_ms"], leak["raised_ms"])

    def test_kill_9_loses_no_energy_and_announces_nothing_twice(self):
        self.read_meters()
        self.until("the leak is not told", self.leak)
        leak = self.leak()
        # The counter reading that today's energy counts from: the same whatever happens to the program.
        start = {name: counter - today for name, (counter, today) in self.counters().items()}
        self.process().kill()
        self.process().wait()
        self.restart()
        self.read_meters()
        after = self.counters()
        self.assertEqual(set(after), set(start))
        for name, (counter, today) in after.items():
            with self.subTest(meter=name):
                self.assertAlmostEqual(counter - today, start[name], delta=0.01)
        self.assertEqual(self.leak()["raised_ms"], leak["raised_ms"])

    def counters(self):
        """(counter, today's energy) in Wh of every electricity meter, of one moment."""
        return {meter["id"]: (meter["energy_wh"], meter["energy_today_wh"]) for meter in self.system.live()["meters"]
                if meter["kind"] == "electricity"}

    def test_who_was_told_of_a_deed_finds_it_in_the_journal(self):
        # One connection: the question comes as soon after the answer as a page's would.
        connection = http.client.HTTPConnection("127.0.0.1", self.system.web_port, timeout=10)
        with contextlib.closing(connection):
            def ask(method, path, body=None):
                headers = {"Content-Type": "application/json"} if body else {}
                connection.request(method, f"/api/v1/{path}", body=body, headers=headers)
                answer = connection.getresponse()
                self.assertEqual(answer.status, 200, path)
                return json.loads(answer.read())

            for turn in range(30):
                deed = ask("POST", f"areas/b1/{'disarm' if turn % 2 else 'arm'}", '{"by": "chen", "comment": ""}')
                self.assertEqual(ask("GET", "modes/journal")["entries"][0]["event"], deed["event"], f"after {turn} deeds")
            self.until("the leak was not raised", self.leak)
            deed = ask("POST", f"alarms/{self.leak()['id']}/ack", '{"by": "chen"}')
            self.assertEqual(deed["event"], max(alarm["event"] for alarm in ask("GET", "alarms?state=all")["alarms"] if alarm["id"] == deed["id"]))

    def test_it_ends_in_time_although_every_far_end_hangs(self):
        self.read_meters()
        others = [process.process for process in self.system.running if process is not self.system.gateway]
        try:
            for other in others:
                other.send_signal(signal.SIGSTOP)
            self.until("the meters still answer", lambda: self.live()["meters_online"] == 0, 60)
            begin = time.monotonic()
            status = self.system.gateway.end(20)
            took = time.monotonic() - begin
        finally:
            for other in others:
                other.send_signal(signal.SIGCONT)
        self.assertEqual(status, 0)
        self.assertLess(took, 5)

    def test_a_second_gateway_on_the_same_data_is_refused(self):
        answer = self.run_gateway("run", "--config", self.system.site, "--data", self.system.data)
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn(str(self.system.data), answer.stderr + answer.stdout)
        self.live()

    def test_a_configuration_with_mistakes_does_not_start_and_all_are_told(self):
        site = self.system.folder / "bad.toml"
        site.write_text(self.good_site.replace("[site]", "[site]\ncolour = \"green\"", 1) + "\n[stoer]\n", encoding="utf-8")
        for verb in (("check", "--config", site), ("run", "--config", site, "--data", self.system.folder / "other")):
            with self.subTest(verb=verb[0]):
                answer = self.run_gateway(*verb)
                self.assertEqual(answer.returncode, 2)
                self.assertRegex(answer.stderr + answer.stdout, r"bad\.toml:\d+:\d+: .*'colour'")
                self.assertRegex(answer.stderr + answer.stdout, r"bad\.toml:\d+:\d+: .*'stoer'.*'store'")

    def test_check_tells_of_doors_and_leak_sensors_that_no_alarm_watches(self):
        site = self.system.folder / "unwatched.toml"
        watched = self.run_gateway("check", "--config", self.system.site)
        self.assertEqual(watched.returncode, 0)
        self.assertNotIn("no alarm", watched.stdout)
        # every other table stays, wherever it stands
        without = "".join(table for table in re.split(r"(?m)^(?=\[)", self.good_site) if not table.startswith("[[alarm]]"))
        site.write_text(without + """
[[alarm]]
id = "one-door"
kind = "door_open"
sources = ["b1-door-1"]
""", encoding="utf-8")
        answer = self.run_gateway("check", "--config", site)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stdout, r"no alarm for doors (?!b1-door-1,).*b1-door-2.*door_open")
        self.assertRegex(answer.stdout, r"no alarm for leak sensors b1-leak-1.*leak_wet")
        self.assertRegex(answer.stdout, r"falls silent.*device_silent")

    def test_slips_on_the_command_line_are_told_with_what_would_be_right(self):
        for words, status, said in (
                (("chek",), 2, "there is no command 'chek'; did you mean 'check'?"),
                (("models", "sdm630"), 2, "there is no meter model 'sdm630'; did you mean 'eastron-sdm630'?"),
                (("outbox", "--data", "/nowhere"), 1, "there is no store in /nowhere"),
                (("outbox", "drop", "--data", "/nowhere", "--all", "--yes"), 1, "there is no store in /nowhere")):
            with self.subTest(words=words):
                answer = self.run_gateway(*words)
                self.assertEqual(answer.returncode, status)
                self.assertIn(said, answer.stderr)

    def run_gateway(self, *words):
        return subprocess.run([PROGRAMS / "gateway", *map(str, words)], capture_output=True, text=True, timeout=30, check=False)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
