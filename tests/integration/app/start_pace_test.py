#!/usr/bin/python3
"""A gateway that can't run is started ever more seldom, and has one log budget over all its lives: the real program as systemd starts it.

    start_pace_test.py PROGRAMS
"""
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from demo_system import demo  # noqa: E402

PROGRAMS = None


class StartPace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data, self.runtime = self.folder / "data", self.folder / "run"
        self.data.mkdir()
        self.runtime.mkdir()
        self.site = self.folder / "site.toml"
        self.port = demo.free_ports(1)[0]
        self.site.write_text(f'[site]\nid = "s"\n[web]\nlisten = "127.0.0.1:{self.port}"\n', encoding="utf-8")
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notified.close)
        self.notified.bind(str(self.folder / "notified"))
        self.environment = os.environ | {"RUNTIME_DIRECTORY": str(self.runtime), "NOTIFY_SOCKET": str(self.folder / "notified")}

    def begin(self):
        process = subprocess.Popen([PROGRAMS / "gateway", "run", "--config", self.site, "--data", self.data], stderr=subprocess.PIPE, text=True,
                                   encoding="utf-8", env=self.environment)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        return process

    def life(self):
        """(status, what it said) of a gateway that ends by itself."""
        process = self.begin()
        said = process.communicate(timeout=60)[1]
        return process.returncode, said

    def hears(self, beginning, seconds=20):
        """The first line for systemd that begins so."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.notified.settimeout(left)
            with contextlib.suppress(TimeoutError):
                for line in self.notified.recv(4096).decode().splitlines():
                    if line.startswith(beginning):
                        return line
        self.fail(f"systemd is not told {beginning}")

    @contextlib.contextmanager
    def another_gateway(self):
        with (self.data / "gateway.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def failed_starts(self, count):
        (self.runtime / "failed-starts").write_text(f"{count}\n", encoding="utf-8")

    def test_starts_that_fail_wait_ever_longer_and_say_so(self):
        with self.another_gateway():
            for _ in range(2):
                status, said = self.life()
                self.assertEqual(status, 1)
                self.assertIn("uses the data folder", said)
                self.assertNotIn("waits", said)
            begin = time.monotonic()
            status, said = self.life()
            self.assertEqual(status, 1)
            self.assertGreaterEqual(time.monotonic() - begin, 5)
            self.assertIn("the last 2 starts did not last, so this one waits 5 s", said)
            self.assertIn("uses the data folder", said)
        self.assertEqual(self.hears("EXTEND_TIMEOUT_USEC="), "EXTEND_TIMEOUT_USEC=905000000")

    def test_a_stop_ends_the_wait_and_the_next_start_is_at_once(self):
        self.failed_starts(100)
        process = self.begin()
        self.assertEqual(self.hears("STATUS="), "STATUS=waits 300 s, because the last 100 starts did not last")
        begin = time.monotonic()
        process.terminate()
        self.assertEqual(process.wait(10), 0)
        self.assertLess(time.monotonic() - begin, 5)
        self.begin()
        self.hears("READY=1")

    def test_sighup_ends_the_wait_and_a_kill_is_counted(self):
        self.failed_starts(100)
        process = self.begin()
        self.hears("STATUS=waits")
        process.send_signal(signal.SIGHUP)
        self.hears("READY=1")
        process.kill()
        process.wait()
        self.assertEqual((self.runtime / "failed-starts").read_text(encoding="utf-8"), "101\n")

    def test_mistakes_that_a_person_has_to_mend_are_not_counted(self):
        good = self.site.read_text(encoding="utf-8")
        self.site.write_text("[siet]\n", encoding="utf-8")
        for _ in range(4):
            self.assertEqual(self.life()[0], 2)
        self.site.write_text(good, encoding="utf-8")
        self.begin()
        self.hears("READY=1")

    def test_without_a_runtime_folder_nobody_waits(self):
        del self.environment["RUNTIME_DIRECTORY"]
        with self.another_gateway():
            for _ in range(4):
                self.assertEqual(self.life()[0], 1)
        self.assertEqual(list(self.runtime.iterdir()), [])

    def test_what_is_left_of_the_logs_budget_is_handed_from_life_to_life(self):
        budget = self.runtime / "log-budget"
        lines = 0
        with self.another_gateway():
            budget.write_text(f"2 {time.monotonic_ns()}\n" * 3, encoding="utf-8")
            for _ in range(5):
                self.failed_starts(0)
                lines += len(self.life()[1].splitlines())
        self.assertGreaterEqual(lines, 2)
        self.assertLessEqual(lines, 3, "five lives with a line each, and a budget of two (and one more in ten seconds)")

    def test_a_stop_by_hand_gives_the_log_a_whole_budget_again(self):
        budget = self.runtime / "log-budget"
        budget.write_text(f"0 {time.monotonic_ns()}\n" * 3, encoding="utf-8")
        process = self.begin()
        self.hears("READY=1")
        process.terminate()
        process.communicate(timeout=20)
        self.assertFalse(budget.exists())
        self.begin()
        self.hears("READY=1")
        self.assertGreater(float(budget.read_text(encoding="utf-8").split()[4]), 180)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
