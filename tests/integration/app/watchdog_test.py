#!/usr/bin/python3
"""The watchdog is fed only while everything moves: the real program, with one thread after another held as if it were stuck.

    watchdog_test.py PROGRAMS
"""
import os
import signal
import socket
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import stopped_thread  # noqa: E402
from demo_system import ROOT, ProgramTest, demo  # noqa: E402


class ServiceManager:
    """What systemd is to the program: a socket that is told how it is."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        os.environ.update(NOTIFY_SOCKET=str(self.path), WATCHDOG_USEC="10000000")
        self.said = []

    def close(self):
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
            os.environ.pop(name, None)
        self.socket.close()

    def hear(self, seconds):
        """The lines that come within so many seconds."""
        lines = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                lines += self.socket.recv(4096).decode().splitlines()
            except TimeoutError:
                break
        self.said += lines
        return lines

    def is_fed(self, seconds=2.5):
        return "WATCHDOG=1" in self.hear(seconds)


class Watchdog(ProgramTest):
    def setUp(self):
        self.manager = ServiceManager(self.system.folder)
        self.addCleanup(self.manager.close)
        self.system.site.write_text(self.good_site, encoding="utf-8")
        self.system.start_gateway()
        self.read_meters()
        self.assertTrue(self.manager.is_fed())
        self.assertIn("READY=1", self.manager.said)

    def status_told(self, which):
        return [line for line in self.manager.said if line.startswith("STATUS=")][which].removeprefix("STATUS=")

    def starved_after(self, thread, longest):
        """Seconds from holding the thread to the last feeding."""
        with stopped_thread.stopped(stopped_thread.threads(self.pid())[thread]):
            begin = last = time.monotonic()
            while time.monotonic() - begin < longest + 5:
                if self.manager.is_fed(1.5):
                    last = time.monotonic()
                elif time.monotonic() - last > 2.5:
                    break
            return last - begin

    def test_any_thread_that_is_stuck_ends_the_feeding_in_time(self):
        if os.geteuid() != 0:
            self.skipTest("only root may hold a thread of a program that lets nobody look into it")
        # WatchdogSec= of the unit is 10 s and a restart takes 1 s: 30 s are kept when the last feeding is within 19 s.
        names = stopped_thread.threads(self.pid())
        buses = [name for name in names if name in ("lan", "rs485", "b3-rs485") or f'id = "{name}"\nurl = ' in self.good_site]
        self.assertTrue(buses, names)
        for thread in ("core", "network", "store", buses[0]):
            with self.subTest(thread=thread):
                self.assertLess(self.starved_after(thread, 19), 19)
                self.assertTrue(self.manager.is_fed(5), "it is fed again when the thread goes on")
                self.assertIn("has not moved for", self.status_told(-2))
                self.assertEqual(self.status_told(-1), "everything moves")
        self.assertIn("has not moved for", self.log())

    def test_a_reload_asks_for_patience_and_gives_it_back(self):
        os.kill(self.pid(), signal.SIGHUP)
        self.until("the new configuration is not taken", lambda: "new configuration" in self.log())
        said = []
        self.until("it is not ready again", lambda: said.extend(self.manager.hear(1)) or "READY=1" in said)
        patience = [int(line.removeprefix("WATCHDOG_USEC=")) // 1_000_000 for line in said if line.startswith("WATCHDOG_USEC=")]
        self.assertEqual([seconds for seconds in patience if seconds != 10], [20, 900, 20], "stop, open the store, start")
        self.assertEqual(patience[-1], 10)
        self.assertTrue(self.manager.is_fed())

    def test_a_restart_in_place_that_hangs_gets_no_more_patience_than_a_restart_takes(self):
        if os.geteuid() != 0:
            self.skipTest("only root may hold a thread of a program that lets nobody look into it")
        with stopped_thread.stopped(stopped_thread.threads(self.pid())["core"]):
            os.kill(self.pid(), signal.SIGHUP)
            said = self.manager.hear(6)
        self.assertIn("WATCHDOG_USEC=20000000", said)
        self.assertNotIn("WATCHDOG_USEC=900000000", said)
        self.assertNotIn("WATCHDOG=1", said[said.index("WATCHDOG_USEC=20000000") + 2:], "it hangs, and says nothing")
        self.until("it is not ready again", lambda: "READY=1" in self.manager.hear(1))

    def test_a_session_with_the_broker_that_does_not_end_keeps_nothing_else_from_being_kept(self):
        if os.geteuid() != 0:
            self.skipTest("only root may hold a thread of a program that lets nobody look into it")
        with stopped_thread.stopped(stopped_thread.threads(self.pid())["mqtt"]):
            begin = time.monotonic()
            os.kill(self.pid(), signal.SIGTERM)
            self.until("the store is not closed", lambda: not {"core", "store", "network"} & set(stopped_thread.threads(self.pid())))
            self.assertLess(time.monotonic() - begin, 7, "TimeoutStopSec= of the unit is 8 s")
        self.assertEqual(self.system.gateway.end(), 0)

    def test_a_clean_stop_says_so(self):
        self.assertEqual(self.system.gateway.end(), 0)
        self.assertIn("STOPPING=1", self.manager.hear(0.5))


if __name__ == "__main__":
    ProgramTest.programs = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
