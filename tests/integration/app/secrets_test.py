#!/usr/bin/python3
"""What the program says anywhere never holds a password or a token, and it subscribes to nothing that the site does not name.

    secrets_test.py PROGRAMS
"""
import http.cookiejar
import http.server
import json
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from demo_system import ROOT, ProgramTest, demo  # noqa: E402

MARKS = {name: f"marked-{name}-3c41f0a7" for name in ("user", "wrong", "sink", "broker", "robot", "path", "query")}
IN_THE_SITE = ("path", "query")  # a webhook's address is a secret that site.toml has to hold


def filters_of(site):
    """Every topic filter that a site names by its sensors, its broker's keys and nothing else (docs/site-toml.md)."""
    site = tomllib.loads(site)
    out = set()
    for sensor in site["sensor"]:
        topic = sensor["topic"]
        if sensor["kind"] == "camera":
            out |= {f"{topic}/{part}" for part in ("person", "motion", "status/detect", "status/record")} | {"frigate/events", "frigate/available"}
        else:
            out |= {topic, f"{topic}/availability", "zigbee2mqtt/bridge/state"}
    prefix = site["broker"].get("discovery_prefix")
    return out | ({f"{prefix}/+/+/config", f"{prefix}/+/+/+/config"} if prefix else set())


class Echo(http.server.BaseHTTPRequestHandler):
    """Refuses everything, and repeats what it was asked: as many a server's page of error 404 does."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        asked = urllib.parse.urlsplit(self.path)
        answer = f"Cannot POST {self.path} ({asked.path} {asked.query.replace('&', '&amp;')} {urllib.parse.quote(self.path, safe='')}) {self.headers}".encode()
        self.send_response(404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Secrets(ProgramTest):
    def setUp(self):
        folder = self.system.folder
        echo = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        self.addCleanup(echo.server_close)
        self.addCleanup(echo.shutdown)
        self.echo = f"http://127.0.0.1:{echo.server_address[1]}"
        for name in ("sink", "broker", "robot"):
            (folder / f"{name}-secret").write_text(MARKS[name] + "\n", encoding="utf-8")
        site = self.good_site.replace('database = "energy"', f'database = "energy"\nuser = "gateway"\npassword_file = "{folder}/sink-secret"')
        site = re.sub(r"(\[broker\]\n)", rf'\1user = "gateway"\npassword_file = "{folder}/broker-secret"\n', site)
        self.assertIn("broker-secret", site)
        # A second and a third sink that are refused: errors are where secrets slip out
        port = demo.free_ports(1)[0]
        (folder / "locked.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\n" + ("user root\n" if os.geteuid() == 0 else ""), encoding="utf-8")
        self.system.start("locked", shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", folder / "locked.conf")
        site += f"""
[[sink]]
id = "locked"
kind = "mqtt"
url = "mqtt://127.0.0.1:{port}"
user = "gateway"
password_file = "{folder}/broker-secret"
[[sink]]
id = "refusing"
kind = "influx1"
url = "http://127.0.0.1:{self.system.web_port}"
database = "energy"
user = "gateway"
password_file = "{folder}/sink-secret"
[[sink]]
id = "echo"
kind = "line_protocol"
url = "{self.echo}/write?precision=ms&tenant={MARKS['query']}"
token_file = "{folder}/sink-secret"
[[notify]]
id = "hook"
kind = "webhook"
url = "{self.echo}/services/{MARKS['path']}?key={MARKS['query']}"
token_file = "{folder}/robot-secret"
""" + "".join(f"""
[[notify]]
id = "{kind}"
kind = "{kind}"
url = "{self.echo}/robot/send"
token_file = "{folder}/robot-secret"
""" for kind in ("wecom", "dingtalk"))
        self.system.site.write_text(site, encoding="utf-8")
        self.system.data.mkdir(exist_ok=True)
        added = self.gateway("user", "add", "li", "--role", "admin", "--data", self.system.data, stdin=MARKS["user"] + "\n")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.said = {"user add": added.stdout + added.stderr}
        self.system.gateway = self.system.start("gateway", self.programs / "gateway", "run", "--config", self.system.site, "--data", self.system.data,
                                                "--log", "debug")
        self.until("the gateway does not answer", lambda: demo.http(f"{self.system.web}/healthz") is not None)
        jar = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.log_in(MARKS["wrong"])
        self.log_in(MARKS["user"])
        self.session = next(iter(jar)).value

    def gateway(self, *words, stdin=""):
        return subprocess.run([str(word) for word in (self.programs / "gateway", *words)], input=stdin, capture_output=True, text=True, timeout=60, check=False)

    def log_in(self, password):
        body = json.dumps({"user": "li", "password": password}).encode()
        request = urllib.request.Request(f"{self.system.web}/api/v1/login", body, {"Content-Type": "application/json"})
        self.said[f"log-in {len(self.said)}"] = self.ask(request)

    def ask(self, request):
        """Body and headers; the cookie itself is what the client is meant to get."""
        try:
            with self.browser.open(request, timeout=10) as answer:
                headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
                return answer.read().decode("utf-8", "replace") + str(headers)
        except urllib.error.HTTPError as error:
            return error.read().decode("utf-8", "replace") + str(error.headers)

    def ask_json(self, url):
        with self.browser.open(url, timeout=10) as answer:
            return answer.read().decode("utf-8")

    def test_nothing_it_says_holds_one(self):
        paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
        asked = 0
        def sinks_tried():
            return "refusing" in self.ask(f"{self.system.web}/metrics") and self.ask(f"{self.system.web}/api/v1/sync").count("delivered") > 0
        self.until("the sinks were not tried", sinks_tried)
        def locked_out():
            sinks = json.loads(self.ask_json(f"{self.system.web}/api/v1/sync"))["sinks"]
            return next((sink for sink in sinks if sink["name"] == "locked" and sink["state"] == "refused"), None)
        self.until("the broker's refusal is not told", locked_out)
        self.assertIn("not authorised (user 'gateway', password from ", locked_out()["last_error"])
        # That it is refused is an alarm, so those who tell people are refused too.
        def echoed():
            sync = json.loads(self.ask_json(f"{self.system.web}/api/v1/sync"))
            told = {each["name"]: each["last_error"] or "" for each in sync["sinks"] + sync["notifiers"]}
            return all("Cannot POST" in told[name] for name in ("echo", "hook", "wecom", "dingtalk"))
        self.until("not everybody was refused by an echo", echoed, 60)
        for path, methods in paths.items():
            if "get" not in methods or "{" in path or path == "/api/v1/stream":
                continue
            self.said[path] = self.ask(f"{self.system.web}{path}")
            asked += 1
        self.assertGreater(asked, 6)
        self.said["log"] = self.log()
        self.assertIn("login", self.said["log"])
        for words in (("check", "--config", self.system.site), ("outbox", "--data", self.system.data), ("outbox", "--data", self.system.data, "--json"),
                      ("user", "list", "--data", self.system.data)):
            answer = self.gateway(*words)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.said[" ".join(words[:1])] = answer.stdout + answer.stderr
        for words in (("sink", "test", "--config", self.system.site), *(("notify", "test", "--config", self.system.site, name) for name in ("hook", "wecom", "dingtalk"))):
            answer = self.gateway(*words)
            self.assertIn("Cannot POST", answer.stdout + answer.stderr)
            self.said[" ".join(str(word) for word in words)] = answer.stdout + answer.stderr
        wrong = self.system.folder / "wrong.toml"
        wrong.write_text(self.system.site.read_text(encoding="utf-8").replace(f"{self.echo}/services", "htps://far.example/services"), encoding="utf-8")
        answer = self.gateway("check", "--config", wrong)
        self.assertIn("htps://far.example' is no address", answer.stderr)
        self.said["check of a mistake"] = answer.stdout + answer.stderr
        self.said["command line"] = Path(f"/proc/{self.pid()}/cmdline").read_bytes().decode()
        self.system.gateway.end()
        for path in self.system.data.iterdir():
            self.said[f"file {path.name}"] = path.read_bytes().decode("latin-1")
        for where, text in self.said.items():
            for name, mark in [*MARKS.items(), ("session", self.session)]:
                if where == "file site.last-good.toml" and name in IN_THE_SITE:
                    continue
                self.assertNotIn(mark, text, f"the {name} secret is in {where}")

    def test_a_crash_leaves_no_core_dump(self):
        limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        ordinary = subprocess.Popen(["sleep", "60"], cwd=self.system.folder)
        for process in (ordinary, self.system.gateway.process):
            resource.prlimit(process.pid, resource.RLIMIT_CORE, limits)
        if not self.dumps(ordinary):
            self.skipTest("this machine dumps no program")
        self.assertFalse(self.dumps(self.system.gateway.process))
        self.system.running.remove(self.system.gateway)

    @unittest.skipUnless(os.geteuid() == 0, "only root can start a program as somebody else")
    def test_who_it_runs_as_can_not_look_into_its_memory(self):
        """What the kernel gives to root of a process that must not be dumped; whatever this machine does with core dumps."""
        def owner(*words):
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user="nobody", cwd="/")
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            return lambda: os.stat(f"/proc/{process.pid}/mem").st_uid
        programs = Path(tempfile.mkdtemp(dir="/tmp"))
        self.addCleanup(shutil.rmtree, programs)
        programs.chmod(0o755)
        shutil.copy(self.programs / "gateway", programs)
        nobody = pwd.getpwnam("nobody").pw_uid
        self.assertEqual(owner("sleep", "60")(), nobody)
        # It waits for the password on its standard input.
        waiting = owner(programs / "gateway", "user", "add", "li", "--role", "viewer", "--data", "/tmp")
        self.until("others of the same user may look in", lambda: waiting() == 0)

    @staticmethod
    def dumps(process):
        os.kill(process.pid, signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -signal.SIGABRT
        return os.WCOREDUMP(status)

    def test_it_subscribes_only_to_what_the_site_names(self):
        self.until("it does not listen", self.subscribed)
        site = self.system.site.read_text(encoding="utf-8")
        listened = 'discovery_prefix = "homeassistant"\n'
        self.assertIn(listened, site)
        wanted = filters_of(site)
        self.assertLess({"homeassistant/+/+/config", "homeassistant/+/+/+/config"}, wanted)
        self.until(f"it does not listen to {wanted - self.subscribed()}", lambda: self.subscribed() >= wanted)
        self.assertEqual(self.subscribed(), wanted)
        # a site that says nothing of announcements
        self.system.gateway.end()
        self.system.running.remove(self.system.gateway)
        seen = len(self.broker_log())
        site = site.replace(listened, "")
        self.system.site.write_text(site, encoding="utf-8")
        self.system.gateway = self.system.start("gateway", self.programs / "gateway", "run", "--config", self.system.site, "--data", self.system.data)
        wanted = filters_of(site)
        self.assertFalse([each for each in wanted if "+" in each or "#" in each])
        self.until("it does not listen to the sensors", lambda: self.subscribed(seen) >= wanted)
        self.assertEqual(self.subscribed(seen), wanted)

    def broker_log(self):
        return (self.system.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def subscribed(self, since=0):
        """The filters that a gateway asked for; mosquitto tells every one when it is asked to."""
        return set(re.findall(r"^\d+: gateway-\S+ [012] (\S+)$", self.broker_log()[since:], re.M))


if __name__ == "__main__":
    ProgramTest.programs = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
