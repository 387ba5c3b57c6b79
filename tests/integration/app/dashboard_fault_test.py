#!/usr/bin/python3
"""A dashboard that can't be served stops nothing else: the real program with its port taken, at the start and by a reload.

    dashboard_fault_test.py PROGRAMS
"""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from demo_system import ROOT, ProgramTest, demo  # noqa: E402


class DashboardFault(ProgramTest):
    def setUp(self):
        self.system.site.write_text(self.good_site, encoding="utf-8")
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notified.close)
        path = self.system.folder / "notified"
        path.unlink(missing_ok=True)
        self.notified.bind(str(path))
        self.said = []
        threading.Thread(target=self.listen, daemon=True).start()
        os.environ["NOTIFY_SOCKET"] = str(path)
        self.addCleanup(os.environ.pop, "NOTIFY_SOCKET")

    @contextlib.contextmanager
    def taken(self, port):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before may linger
            other.bind(("127.0.0.1", port))
            other.listen()
            yield

    def listen(self):
        """Takes what systemd would be told: a gateway that is not listened to waits."""
        with contextlib.suppress(OSError):
            while True:
                self.said += self.notified.recv(4096).decode().splitlines()

    def has_said(self, line):
        return line in self.said

    def delivered(self):
        """Values in the central store, which is how meters are seen without a dashboard."""
        with contextlib.suppress(KeyError):
            return self.system.values_in_influx()
        return 0

    def until_delivered(self, why):
        before = self.delivered()
        self.until(why, lambda: self.delivered() > before + 100)

    def live(self):
        with contextlib.suppress(OSError):
            return self.system.live()["compound"]
        return None

    def dashboard_alarm(self):
        """Its changes, oldest first."""
        return [alarm["change"] for alarm in self.system.journal() if alarm["rule"] == "gateway-fault" and alarm["source"] == "dashboard"]

    def start(self):
        self.system.gateway = self.system.start("gateway", self.programs / "gateway", "run", "--config", self.system.site, "--data", self.system.data)

    def test_with_its_port_taken_meters_are_read_and_it_comes_up_when_the_port_is_free(self):
        with self.taken(self.system.web_port):
            self.start()
            self.until("systemd is not told that it runs", lambda: self.has_said("READY=1"))
            self.until_delivered("nothing is delivered without a dashboard")
            self.assertRegex(self.log(), rf"error.*dashboard can't be served: listen on 127\.0\.0\.1 port {self.system.web_port}: .*another program has port")
            self.assertTrue(any(line.startswith("STATUS=the dashboard can't be served") for line in self.said), self.said)
            self.until("no alarm is raised", lambda: "gateway-fault (unacknowledged): The dashboard can't be served" in self.log(), 30)
        self.until("the dashboard does not come up", self.live, 25)
        self.assertEqual(self.log().count("can't be served: listen"), 1)
        self.until("the alarm does not end", lambda: self.dashboard_alarm()[-1:] == ["returned"], 25)
        self.until("systemd shows the old trouble", lambda: self.has_said("STATUS="))
        self.assertTrue(demo.http(f"{self.system.web}/healthz"))

    def test_a_reload_to_a_port_that_is_taken_goes_on_without_it_and_another_reload_brings_it_back(self):
        self.system.start_gateway()
        other = demo.free_ports(1)[0]
        with self.taken(other):
            self.system.site.write_text(self.good_site.replace(f'listen = "127.0.0.1:{self.system.web_port}"', f'listen = "127.0.0.1:{other}"'), encoding="utf-8")
            os.kill(self.pid(), signal.SIGHUP)
            self.until("the port is not tried", lambda: f"port {other}" in self.log())
            self.until_delivered("nothing is delivered after the reload")
        self.system.site.write_text(self.good_site, encoding="utf-8")
        os.kill(self.pid(), signal.SIGHUP)
        self.until("the dashboard is not back", self.live)

    def test_a_key_of_another_certificate_is_told_and_stops_nothing(self):
        folder = self.system.folder
        for name in ("one", "two"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                            "-keyout", folder / f"{name}-key.pem", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
        self.system.site.write_text(self.good_site.replace("[web]", f'[web]\ncertificate = "{folder}/one.pem"\nkey = "{folder}/two-key.pem"'), encoding="utf-8")
        self.start()
        self.until("the key is not told", lambda: "can't be served" in self.log())
        self.assertRegex(self.log(), r"\[web\] key .*two-key\.pem, which should be the private key of .*one\.pem")
        self.until_delivered("nothing is delivered without a dashboard")
        (folder / "two-key.pem").write_bytes((folder / "one-key.pem").read_bytes())
        self.until("the mended key is not taken", lambda: f"is served now: https://127.0.0.1:{self.system.web_port}/" in self.log())


if __name__ == "__main__":
    ProgramTest.programs = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
