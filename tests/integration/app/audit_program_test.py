#!/usr/bin/python3
"""The auditor's figures of the real program: a meter whose counter the test turns, the gateway that reads it over Modbus TCP, and `gateway audit` beside it.

    audit_program_test.py PROGRAMS
"""
import csv
import http.client
import io
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

PROGRAMS = None
ENERGY_IMPORT = 0x0048  # of an SDM630: a float of kWh


class Meter:
    """An SDM630 on Modbus TCP that counts what it is told. Quarters of a kWh, which a float holds exactly."""

    def __init__(self, kwh):
        self.kwh = kwh
        self.polls = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            while True:
                head = self.exactly(peer, 7)
                if head is None:
                    return
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                request = self.exactly(peer, length - 1)
                if request is None:
                    return
                function, address, count = struct.unpack(">BHH", request)
                registers = [0] * count
                words = struct.unpack(">HH", struct.pack(">f", self.kwh))
                for i, word in enumerate(words):
                    if address <= ENERGY_IMPORT + i < address + count:
                        registers[ENERGY_IMPORT + i - address] = word
                        self.polls += 1
                answer = struct.pack(">BB", function, 2 * count) + b"".join(struct.pack(">H", each) for each in registers)
                peer.sendall(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)

    @staticmethod
    def exactly(peer, size):
        data = b""
        while len(data) < size:
            try:
                part = peer.recv(size - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data

    def was_read(self):
        """Waits until the gateway has certainly seen what the counter says now."""
        before = self.polls
        until(lambda: self.polls >= before + 6, 20, "the meter is not read")


def until(ready, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"{what} after {seconds} s")


SITE = """
[site]
id = "audited"
name = "审计"
timezone = "Asia/Shanghai"
floor_area_m2 = 100
[[tariff]]
utility = "electricity"
[[tariff.version]]
valid_from = "2020-01-01"
source = "price list"
price = 0.6
[[bus]]
id = "lan"
url = "tcp://127.0.0.1:{modbus}"
[[meter]]
id = "main"
bus = "lan"
unit = 1
model = "eastron-sdm630"
interval = "200ms"
[web]
listen = "127.0.0.1:{web}"
"""


# Meters that never answer, for a report with many nodes: reading years of them takes seconds.
MORE_METERS = """[[bus]]
id = "dead"
url = "tcp://127.0.0.1:1"
""" + "".join(f"""[[meter]]
id = "dead-{unit}"
bus = "dead"
unit = {unit}
model = "eastron-sdm630"
interval = "60s"
""" for unit in range(1, 41))
YEARS = "/api/v1/audit?from=1987-01&to=2026-09"


class LongReport(unittest.TestCase):
    """Somebody asks for all years at once. The others notice nothing, and the gateway does not wait for it when it ends."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        meter = Meter(1000.0)
        self.addCleanup(meter.listener.close)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.web = free.getsockname()[1]
        site = Path(folder.name) / "site.toml"
        site.write_text(SITE.format(modbus=meter.port, web=self.web).replace("[web]", MORE_METERS + "[web]"), encoding="utf-8")
        self.log = Path(folder.name) / "log"
        with self.log.open("w") as log:
            self.gateway = subprocess.Popen([PROGRAMS / "gateway", "run", "--config", site, "--data", Path(folder.name) / "data"],
                                            stdout=log, stderr=log)
        self.addCleanup(self.gateway.wait)
        self.addCleanup(self.gateway.kill)
        until(lambda: self.get("/api/v1/live")["meters"][0]["energy_wh"] == 1_000_000, 30, "the counter does not arrive")
        self.answers = []

    def get(self, path, timeout=10):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=timeout) as answer:
            return json.loads(answer.read())

    def ask_for_years(self):
        def ask():
            try:
                self.answers.append((200, self.get(YEARS, 90)))
            except urllib.error.HTTPError as refused:
                self.answers.append((refused.code, refused.read().decode(), refused.headers["Retry-After"]))
            except (OSError, http.client.HTTPException):
                self.answers.append((0, "the connection ended"))
        thread = threading.Thread(target=ask)
        thread.start()
        self.addCleanup(thread.join)

    def test_history_and_journals_answer_while_it_is_made(self):
        for _ in range(4):
            self.ask_for_years()
        until(lambda: self.answers, 5, "none of four reports was turned away")
        refused = self.answers.pop(0)
        self.assertEqual((refused[0], refused[2]), (503, "30"), refused)
        slowest = 0.0
        for _ in range(4):
            begin = time.monotonic()
            self.get("/api/v1/history?node=main&kind=electricity&window=1m&from=0&to=1900000000000", 5)
            self.get("/api/v1/alarms?state=all", 5)
            slowest = max(slowest, time.monotonic() - begin)
        self.assertLess(len(self.answers), 3, "the reports were made too fast for this to say anything")
        self.assertLess(slowest, 4)

    def test_a_stop_does_not_wait_for_it(self):
        for _ in range(3):
            self.ask_for_years()
        time.sleep(1)
        self.assertEqual(self.answers, [], "the report was made too fast for this to say anything")
        begin = time.monotonic()
        self.gateway.terminate()
        self.assertEqual(self.gateway.wait(20), 0)
        self.assertLess(time.monotonic() - begin, 5, self.log.read_text())

    def test_what_no_memory_holds_is_refused_at_once(self):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.get("/api/v1/audit?from=1987-01&to=2026-09&trace=compound")
        self.assertEqual(refused.exception.code, 400)
        self.assertIn("at most", refused.exception.read().decode())


class AuditProgram(unittest.TestCase):
    def setUp(self):
        seconds_of_day = (time.time() + 8 * 3600) % 86_400
        if seconds_of_day > 86_400 - 240 or seconds_of_day < 60:
            self.skipTest("the compound's day begins or ends while this runs, and the figures are of a day")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.meter = Meter(1000.0)
        self.addCleanup(self.meter.listener.close)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.web = free.getsockname()[1]
        self.site = Path(self.folder.name) / "site.toml"
        self.site.write_text(SITE.format(modbus=self.meter.port, web=self.web), encoding="utf-8")
        self.data = Path(self.folder.name) / "data"
        self.gateway = subprocess.Popen([PROGRAMS / "gateway", "run", "--config", self.site, "--data", self.data],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_gateway)
        until(lambda: self.live()["energy_wh"] == 1_000_000, 20, "the counter does not arrive")
        self.today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))

    def end_gateway(self):
        if self.gateway.poll() is None:
            self.gateway.terminate()
            self.gateway.wait(20)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=10) as answer:
            return json.loads(answer.read())

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}{path}", data=json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def live(self):
        return self.get("/api/v1/live")["meters"][0]

    def audit(self, *more, day=None):
        day = day or self.today
        return subprocess.run([PROGRAMS / "gateway", "audit", "--config", self.site, "--data", self.data, "--from", day, "--to", day, *more],
                              capture_output=True, encoding="utf-8", timeout=30)

    def row(self):
        done = self.audit("--format", "json")
        if done.returncode != 0:
            raise ValueError(done.stderr)
        return next(row for row in json.loads(done.stdout)["rows"] if row["node"] == "main")

    def turn(self, *readings):
        for self.meter.kwh in readings:
            self.meter.was_read()

    def test_figures_are_the_counters_differences_to_the_watt_hour(self):
        # 1000 -> 1003.75: 3.75 kWh, seen as minutes close, beside the running gateway
        self.turn(1000.25, 1001.0, 1002.5, 1003.75)
        until(lambda: self.row()["consumption"] == 3.75, 150, "the audit does not come to what the counter counted")
        row = self.row()
        self.assertEqual(row["estimated"], 0)
        self.assertEqual(row["node_kind"], "meter")
        in_api = next(row for row in self.get(f"/api/v1/audit?from={self.today}&to={self.today}")["rows"] if row["node"] == "main")
        for figure in ("consumption", "standard_coal_kgce", "carbon_kgco2", "corrected"):
            self.assertEqual(in_api[figure], row[figure], figure)
        self.assertEqual(row["standard_coal_kgce"], 0.460875, "3.75 kWh x 0.1229")
        compound = next(row for row in csv.DictReader(io.StringIO(self.audit().stdout.lstrip("\ufeff"))) if row["node"] == "compound")
        self.assertEqual(compound["consumption"], "3.75")
        self.assertEqual(compound["per_m2"], "0.0375")
        # and after its end, from the files alone
        self.end_gateway()
        self.assertEqual(self.row()["consumption"], 3.75)
        page = self.audit("--format", "html", "--trace", "main")
        self.assertIn("3.75", page.stdout)

    def test_an_announced_exchange_and_a_correction_flow_into_the_figures(self):
        self.turn(1002.0)
        entry = self.post("/api/v1/meters/main/exchange", {"old_reading": 1002.25, "new_reading": 10.0, "by": "林", "reason": "到期轮换"})
        self.assertEqual((entry["event"], entry["before"], entry["after"], entry["by"]), ("announced_exchange", 1002.25, 10.0, "林"))
        self.turn(10.0, 11.5)
        now = int(time.time() * 1000)
        self.post("/api/v1/meters/main/correct", {"from_ms": now - 60_000, "to_ms": now - 1_000, "amount": 1.0, "by": "林", "reason": "旁路运行"})
        # 2 + 0.25 of the old meter, 1.5 of the new one, and the correction's 1
        until(lambda: self.row()["consumption"] == 4.75, 150, "the exchange or the correction is not counted")
        self.assertEqual(self.row()["corrected"], 1.0)
        report = json.loads(self.audit("--format", "json", "--trace", "main").stdout)
        events = {event["event"]: event for event in report["quality_events"]}
        self.assertIn("到期轮换", events["announced_exchange"]["comment"])
        self.assertIn("旁路运行", events["correction"]["comment"])
        self.assertEqual(events["correction"]["by"], "林")

    def command(self, verb, *options):
        return subprocess.run([PROGRAMS / "gateway", verb, "main", "--config", self.site, "--data", self.data, "--by", "林", *options],
                              capture_output=True, encoding="utf-8", timeout=60, stdin=subprocess.DEVNULL)

    def test_an_exchange_and_a_correction_on_the_command_line_flow_into_the_figures(self):
        self.turn(1002.0)
        slip = self.command("exchange", "--old", "10022.5", "--new", "0", "--reason", "到期轮换", "--yes")
        self.assertEqual(slip.returncode, 1)
        self.assertIn("refused: the meter can't have ended at that reading: its counter was last read as 1002.0", slip.stderr)
        asked = self.command("exchange", "--old", "1002.25", "--new", "10", "--reason", "到期轮换")
        self.assertEqual(asked.returncode, 1)
        self.assertIn("Say --yes", asked.stderr)
        done = self.command("exchange", "--old", "1002.25", "--new", "10", "--reason", "到期轮换", "--yes")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "exchange of main booked: 0.25 kWh up to the old meter's 1002.25; the new one counts from 10\n")
        self.turn(10.0, 11.5)
        # The last whole minute; it is of today, setUp saw to that.
        end = int(time.time()) // 60 * 60
        local = lambda at: time.strftime("%Y-%m-%d %H:%M", time.gmtime(at + 8 * 3600))
        corrected = self.command("correct", "--from", local(end - 60), "--to", local(end), "--amount", "-0.5", "--reason", "旁路运行", "--yes")
        self.assertEqual((corrected.returncode, corrected.stdout), (0, "correction of main booked: -0.5 kWh\n"), corrected.stderr)
        # 2 + 0.25 of the old meter, 1.5 of the new one, less the correction's 0.5
        until(lambda: self.row()["consumption"] == 3.25, 150, "the exchange or the correction is not counted")
        self.assertEqual(self.row()["corrected"], -0.5)
        events = {event["event"]: event for event in json.loads(self.audit("--format", "json").stdout)["quality_events"]}
        self.assertEqual((events["announced_exchange"]["by"], events["announced_exchange"]["comment"]), ("林", "到期轮换"))
        self.assertIn("旁路运行", events["correction"]["comment"])
        self.end_gateway()
        off = self.command("exchange", "--old", "11.5", "--new", "0", "--reason", "x", "--yes")
        self.assertEqual(off.returncode, 1)
        self.assertIn("no gateway runs on", off.stderr)

    def test_what_is_wrong_in_an_exchange_or_a_correction_is_told_before_anything_is_asked_for(self):
        def refused(verb, *options):
            done = self.command(verb, *options, "--yes")
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            return done.stderr

        self.assertIn("--old: '12,5' is no reading", refused("exchange", "--old", "12,5", "--new", "0", "--reason", "x"))
        self.assertIn("--new: '-1' is no reading", refused("exchange", "--old", "1", "--new", "-1", "--reason", "x"))
        self.assertIn("--reason says why", refused("exchange", "--old", "1", "--new", "0", "--reason", " "))
        self.assertIn("--reason", refused("exchange", "--old", "1", "--new", "0"))
        yesterday = ("--from", "2026-01-31 08:00", "--to", "2026-01-31 09:00")
        self.assertIn("--amount: '1kWh' is no amount", refused("correct", *yesterday, "--amount", "1kWh", "--reason", "x"))
        self.assertIn("--from: 'noon' is no time", refused("correct", "--from", "noon", "--to", "2026-01-31 09:00", "--amount", "1", "--reason", "x"))
        self.assertIn("within one month", refused("correct", "--from", "2025-01-31 23:00", "--to", "2025-02-01 01:00", "--amount", "1", "--reason", "x"))
        self.assertIn("in the future", refused("correct", "--from", "2025-01-31 23:00", "--to", "2199-02-01 01:00", "--amount", "1", "--reason", "x"))
        near = subprocess.run([PROGRAMS / "gateway", "exchange", "mian", "--config", self.site, "--old", "1", "--new", "0", "--by", "x", "--reason", "x"],
                              capture_output=True, encoding="utf-8", timeout=60)
        self.assertEqual((near.returncode, near.stderr), (2, "no meter is called 'mian'; did you mean 'main'?\n"))
        for verb, words in (("exchange", ("--old", "--new", "--by", "--reason")), ("correct", ("--from", "--amount", "site time"))):
            shown = subprocess.run([PROGRAMS / "gateway", verb, "--help"], capture_output=True, encoding="utf-8", timeout=60)
            self.assertEqual(shown.returncode, 0)
            for word in words:
                self.assertIn(word, shown.stdout)

    def test_what_is_wrong_is_told_with_what_would_be_right(self):
        nothing = self.audit(day="2020-01-01")
        self.assertEqual(nothing.returncode, 1)
        self.assertIn("nothing was counted from 2020-01-01 to 2020-01-01", nothing.stderr)
        wrong = self.audit("--trace", "mian", day="2020-01-01")
        self.assertEqual((wrong.returncode, wrong.stderr), (2, "no meter, area, sub-item or node is called 'mian'; did you mean 'main'?\n"))
        self.assertEqual(self.audit(day="2026-02-30").returncode, 2)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.get("/api/v1/audit?from=2020-02&to=2020-01")
        self.assertEqual(refused.exception.code, 400)


class SideBySide(unittest.TestSuite):
    """All tests at once: each has a meter, a folder and a gateway of its own, and mostly waits for minutes to close."""

    def run(self, result, debug=False):
        tests = list(self)
        own = [unittest.TestResult() for _ in tests]
        threads = [threading.Thread(target=test.run, args=(each,)) for test, each in zip(tests, own)]
        for thread in threads:
            thread.start()
        for thread, test, each in zip(threads, tests, own):
            thread.join()
            result.testsRun += each.testsRun
            result.failures += each.failures
            result.errors += each.errors
            result.skipped += each.skipped
            if each.testsRun != 1:
                result.errors.append((test, "it did not run"))
            state = "ok" if each.wasSuccessful() and not each.skipped else "skipped" if each.skipped else "FAILED"
            print(f"{test} ... {state}", file=sys.stderr, flush=True)
        return result


def load_tests(loader, _tests, _pattern):
    return SideBySide(loader.loadTestsFromTestCase(AuditProgram))


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
