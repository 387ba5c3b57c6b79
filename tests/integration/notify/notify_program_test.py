#!/usr/bin/python3
"""The gateway telling people of alarms: webhook, robots, mail and MQTT, each with a real server that looks at what it gets.

    notify_program_test.py PROGRAMS
"""
import base64
import contextlib
import email
import email.policy
import hashlib
import hmac
import http.server
import importlib.machinery
import importlib.util
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = None
SECRET = "s3cret of the webhook"

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)

SITE = """
[site]
id = "cangshan"
name = "仓山政务中心"
[broker]
url = "mqtt://127.0.0.1:{mqtt}"
discovery_prefix = "homeassistant"
[[sensor]]
id = "pump"
name = "泵房"
name_en = "Pump room"
kind = "leak"
topic = "zigbee2mqtt/pump"
[[sensor]]
id = "cellar"
kind = "leak"
topic = "zigbee2mqtt/cellar"
[[alarm]]
id = "leak"
kind = "leak_wet"
[web]
listen = "127.0.0.1:{web}"
"""


class WebServer(http.server.ThreadingHTTPServer):
    """Keeps every request; `answers` are given in order, then 200. While `hold` is clear nobody is answered."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.answers, self.hold = [], [], threading.Event()
        self.hold.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ids(self):
        return [request["headers"].get("X-Gateway-Event") for request in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
        self.server.hold.wait(30)
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, b'{"errcode":0}')
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Mailbox:
    """An SMTP server with TLS and a log-in."""

    def __init__(self, folder, implicit):
        self.mails, self.refused = [], {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        (port,) = demo.free_ports(1)
        tls = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
        self.controller = Controller(self, hostname="127.0.0.1", port=port, authenticator=self.check, auth_required=True,
                                     auth_require_tls=not implicit, **tls)
        self.controller.start()
        self.url = f"{'smtps' if implicit else 'smtp'}://127.0.0.1:{port}"

    @staticmethod
    def check(_server, _session, _envelope, _mechanism, data):
        return AuthResult(success=data.login == b"gateway" and data.password == b"letter")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"


class NotifyProgram(unittest.TestCase):
    def setUp(self):
        self.system = demo.System(PROGRAMS, None)
        self.addCleanup(self.system.__exit__)
        self.system.start_broker()
        self.web = WebServer()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)
        self.folder = self.system.folder
        (self.folder / "secret").write_text(SECRET + "\n", encoding="utf-8")

    def site(self, notify):
        self.system.site = self.folder / "site.toml"
        self.system.site.write_text(SITE.format(mqtt=self.system.mqtt_port, web=self.system.web_port) + notify, encoding="utf-8")

    def run_with(self, notify):
        self.site(notify)
        self.system.start_gateway()
        self.until("the gateway has no broker", lambda: demo.get_json(f"{self.system.web}/api/v1/devices")["broker"]["connected"])

    def until(self, what, ready, seconds=20):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def publish(self, topic, payload, retained=False):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.system.mqtt_port), "-q", "1", "-t", topic, "-m", payload] + (["-r"] if retained else []),
                       check=True)

    def is_wet(self, sensor):
        return {each["id"]: each for each in self.system.live()["sensors"]}[sensor]["wet"]

    def wet(self, sensor="pump", wet=True):
        # Until the gateway has it: a subscription takes effect a moment after the connection.
        def told():
            self.publish(f"zigbee2mqtt/{sensor}", json.dumps({"water_leak": wet}))
            return self.is_wet(sensor) is wet
        self.until(f"{sensor} is not told", told)

    def notifier(self, name):
        return next(each for each in demo.get_json(f"{self.system.web}/api/v1/sync")["notifiers"] if each["name"] == name)

    def kill(self):
        os.killpg(self.system.gateway.process.pid, signal.SIGKILL)
        self.system.gateway.process.wait()
        self.system.running.remove(self.system.gateway)

    def command(self, *words):
        return subprocess.run([str(PROGRAMS / "gateway"), *words], capture_output=True, text=True, check=False, timeout=60)

    def certificates(self):
        subject = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        subprocess.run(f"""cd {self.folder} && openssl req -x509 {subject} -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem &&
            openssl req {subject} -subj /CN=mail -keyout server.key -out server.csr && printf 'subjectAltName=IP:127.0.0.1' > san &&
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem &&
            openssl req -x509 {subject} -days 2 -subj /CN=other-ca -keyout other.key -out other.pem""",
                       shell=True, check=True, capture_output=True)
        (self.folder / "password").write_text("letter\n", encoding="utf-8")

    def webhook(self, more=""):
        return f'[[notify]]\nid = "hook"\nkind = "webhook"\nurl = "{self.web.url}/alarms"\nsecret_file = "{self.folder}/secret"\nrules = ["leak"]\n{more}'

    def test_a_webhook_is_signed_and_its_id_is_that_of_the_journal(self):
        self.run_with(self.webhook())
        self.wet()
        self.until("the webhook is not called", lambda: self.web.requests)
        request = self.web.requests[0]
        timestamp = request["headers"]["X-Gateway-Timestamp"].encode()
        expected = "sha256=" + hmac.new(SECRET.encode(), timestamp + b"." + request["body"], hashlib.sha256).hexdigest()
        self.assertEqual(request["headers"]["X-Gateway-Signature"], expected)
        body = json.loads(request["body"])
        self.assertEqual(body["id"], request["headers"]["X-Gateway-Event"])
        self.assertEqual(body["id"], f"cangshan-{body['alarms'][0]['event']}")
        self.assertEqual(body["alarms"][0]["source"], "pump")
        self.assertIn("泵房", body["text"])
        self.wet(wet=False)
        self.until("the return is not told", lambda: len(self.web.requests) == 2)
        self.assertEqual(json.loads(self.web.requests[1]["body"])["kind"], "returned")

    def test_a_kill_between_sending_and_saving_sends_the_same_id_again_and_a_restart_nothing_new(self):
        self.web.hold.clear()
        self.run_with(self.webhook())
        self.wet()
        self.until("the webhook is not called", lambda: self.web.requests)
        self.kill()
        self.web.hold.set()
        self.system.start_gateway()
        self.until("it is not sent again", lambda: len(self.web.requests) == 2)
        self.assertEqual(len(set(self.web.ids())), 1)
        self.until("the place is not saved", lambda: self.notifier("hook")["event"] > 0 and self.notifier("hook")["pending"] == 0)
        time.sleep(3)  # the place rides in a commit within two seconds
        self.kill()
        self.system.start_gateway()
        self.wet("cellar")
        self.until("the next alarm is not told", lambda: len(self.web.requests) == 3)
        self.assertEqual(len(set(self.web.ids())), 2, "nothing of before the restart is told anew")

    def test_what_the_broker_retains_raises_what_is_new_once_and_nothing_after_a_restart(self):
        self.publish("zigbee2mqtt/pump", '{"water_leak": true}', retained=True)
        self.run_with(self.webhook())
        self.until("a leak that stands at the start is missed", lambda: self.web.requests)
        self.kill()
        self.system.start_gateway()
        self.until("the retained value does not come", lambda: self.is_wet("pump"))
        self.wet("cellar")
        self.until("the next alarm is not told", lambda: len(set(self.web.ids())) == 2)
        told = [json.loads(each["body"])["alarms"][0] for each in self.web.requests]
        self.assertEqual({each["event"] for each in told if each["source"] == "pump"}, {told[0]["event"]})

    def test_one_that_fails_is_seen_tried_again_and_holds_up_no_other(self):
        (port,) = demo.free_ports(1)
        self.web.answers = [(503, b"later"), (503, b"later")]
        self.run_with(self.webhook() + f'[[notify]]\nid = "dead"\nkind = "webhook"\nurl = "http://127.0.0.1:{port}"\nrules = ["leak"]\n')
        self.wet()
        self.until("it is not tried a third time", lambda: len(self.web.requests) >= 3, 30)
        self.assertEqual(len(set(self.web.ids())), 1)
        self.until("the live one is not ok", lambda: self.notifier("hook")["state"] == "ok")
        dead = self.notifier("dead")
        self.assertEqual(dead["state"], "retrying")
        self.assertGreater(dead["failed"], 0)
        self.assertEqual(dead["pending"], 1)
        self.assertIn('gateway_notifier_failing{notifier="dead"} 1', demo.http(f"{self.system.web}/metrics"))

    def test_robots_get_their_key_and_signature(self):
        (self.folder / "token").write_text("to ken\n", encoding="utf-8")
        robots = "".join(f'[[notify]]\nid = "{kind}"\nkind = "{kind}"\nurl = "{self.web.url}/{kind}"\ntoken_file = "{self.folder}/token"\nrules = ["leak"]\n{more}'
                         for kind, more in (("wecom", ""), ("dingtalk", f'secret_file = "{self.folder}/secret"\n')))
        self.run_with(robots)
        self.wet()
        self.until("not both robots are told", lambda: len(self.web.requests) == 2)
        asked = {urllib.parse.urlsplit(each["path"]).path: each for each in self.web.requests}
        wecom = urllib.parse.parse_qs(urllib.parse.urlsplit(asked["/wecom"]["path"]).query)
        self.assertEqual(wecom["key"], ["to ken"])
        dingtalk = urllib.parse.parse_qs(urllib.parse.urlsplit(asked["/dingtalk"]["path"]).query)
        digest = hmac.new(SECRET.encode(), f"{dingtalk['timestamp'][0]}\n{SECRET}".encode(), hashlib.sha256).digest()
        self.assertEqual(dingtalk["sign"], [base64.b64encode(digest).decode()])
        self.assertLess(abs(int(dingtalk["timestamp"][0]) / 1000 - time.time()), 60)
        self.assertIn("泵房", json.loads(asked["/dingtalk"]["body"])["text"]["content"])

    def test_a_mail_goes_over_tls_with_log_in_and_a_server_that_is_not_trusted_gets_none(self):
        self.certificates()
        boxes = [Mailbox(self.folder, implicit) for implicit in (False, True)]
        for box in boxes:
            self.addCleanup(box.controller.stop)
        notify = "".join(f"""[[notify]]
id = "mail-{i}"
kind = "email"
url = "{url}"
user = "gateway"
password_file = "{self.folder}/password"
from = "gateway@example.org"
to = ["duty@example.org", "boss@example.org"]
ca_file = "{self.folder}/{ca}"
rules = ["leak"]
""" for i, (url, ca) in enumerate([(boxes[0].url, "ca.pem"), (boxes[1].url, "ca.pem"), (boxes[0].url, "other.pem")]))
        self.run_with(notify)
        self.wet()
        self.until("not both have both mails", lambda: all(len(box.mails) == 2 for box in boxes))
        people, mail = boxes[0].mails[0]
        self.assertEqual([each[0] for each in boxes[0].mails], [["duty@example.org"], ["boss@example.org"]])
        self.assertEqual(mail["To"], "duty@example.org, boss@example.org")
        self.assertIn("泵房", mail["Subject"])
        self.assertIn("仓山政务中心", mail.get_content())
        self.assertRegex(mail["Message-ID"], r"^<cangshan-\d+@example.org>$")
        self.until("the untrusted one is not refused", lambda: self.notifier("mail-2")["state"] == "refused")
        self.assertEqual([len(box.mails) for box in boxes], [2, 2])

    def test_a_recipient_whom_the_server_refuses_keeps_no_other_from_an_alarm(self):
        self.certificates()
        box = Mailbox(self.folder, implicit=False)
        self.addCleanup(box.controller.stop)
        box.refused = {"gone@example.org": "550 no such user", "full@example.org": "452 mailbox is full"}
        self.run_with(f"""[[notify]]
id = "mail"
kind = "email"
url = "{box.url}"
user = "gateway"
password_file = "{self.folder}/password"
from = "gateway@example.org"
to = ["gone@example.org", "duty@example.org", "full@example.org"]
ca_file = "{self.folder}/ca.pem"
rules = ["leak"]
""")
        self.wet()
        self.until("duty has no mail", lambda: box.mails)
        self.until("the others are not told of", lambda: self.notifier("mail")["state"] == "refused")
        self.assertRegex(self.notifier("mail")["last_error"], "not to gone@example.org: .*550.*; full@example.org: .*452")
        self.wet("cellar")
        self.until("duty does not hear of the next", lambda: len(box.mails) == 2)
        self.assertEqual([each[0] for each in box.mails], [["duty@example.org"]] * 2)
        self.assertEqual(len({each[1]["Message-ID"] for each in box.mails}), 2, "nothing is sent twice")
        tried = self.command("notify", "test", "--config", str(self.system.site), "mail")
        self.assertEqual(tried.returncode, 1)
        self.assertIn("gone@example.org", tried.stderr)
        box.refused = {each: "550 no such user" for each in ("gone@example.org", "duty@example.org", "full@example.org")}
        self.wet("pump", wet=False)
        self.until("nobody is reached, and it is not tried again", lambda: self.notifier("mail")["failed"] > 1)
        box.refused = {}
        self.until("it does not come when they are back", lambda: self.notifier("mail")["state"] == "ok", 60)

    def test_alarms_stand_on_the_broker_and_announce_themselves_and_come_back_with_it(self):
        self.run_with('[[notify]]\nid = "ha"\nkind = "mqtt"\n')
        self.wet()

        def retained(topic):
            got = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.system.mqtt_port), "-t", topic, "-C", "1", "-W", "2"],
                                 capture_output=True, text=True, check=False)
            return json.loads(got.stdout) if got.stdout else None
        topic = "gateway/cangshan/alarm/leak/pump"
        self.until("the state is not there", lambda: (retained(topic) or {}).get("active") == "ON")
        self.assertRegex(retained(topic)["id"], r"^cangshan-\d+$")
        config = retained("homeassistant/binary_sensor/gateway_cangshan/leak_pump/config")
        self.assertEqual(config["state_topic"], topic)
        self.assertEqual(config["availability_topic"], "gateway/cangshan/alarms/status")
        self.assertEqual(demo.get_json(f"{self.system.web}/api/v1/devices")["proposed"], [], "its own alarms are no devices")
        broker = next(process for process in self.system.running if process.name == "mosquitto")
        broker.end()
        self.system.running.remove(broker)
        self.system.start_broker()  # without anything retained
        self.until("the state does not come back", lambda: (retained(topic) or {}).get("active") == "ON", 40)

    def test_the_next_level_is_told_when_nobody_acknowledges(self):
        self.run_with(self.webhook('after = "2s"\nlanguage = "en"\n'))
        self.wet()
        self.wet("cellar")
        alarm = next(each for each in demo.get_json(f"{self.system.web}/api/v1/alarms")["alarms"] if each["source"] == "cellar")
        request = urllib.request.Request(f"{self.system.web}/api/v1/alarms/{alarm['id']}/ack", data=b'{"by": "someone"}',
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request):
            pass
        self.until("nobody is told", lambda: self.web.requests)
        time.sleep(3)
        self.assertEqual([json.loads(each["body"])["alarms"][0]["source"] for each in self.web.requests], ["pump"])
        self.assertRegex(self.web.ids()[0], r"^cangshan-\d+-escalated$")

    def test_the_test_command_tells_what_the_far_end_answers(self):
        self.site(self.webhook() + '[[notify]]\nid = "ha"\nkind = "mqtt"\n')
        good = self.command("notify", "test", "--config", str(self.system.site), "hook")
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("HTTP 200", good.stdout)
        self.assertEqual(json.loads(self.web.requests[0]["body"])["kind"], "test")
        self.web.answers = [(403, b"who are you")]
        refused = self.command("notify", "test", "--config", str(self.system.site), "hook")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("HTTP 403: who are you", refused.stderr)
        self.assertEqual(self.command("notify", "test", "--config", str(self.system.site), "ha").returncode, 0)
        unknown = self.command("notify", "test", "--config", str(self.system.site), "nobody")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("hook, ha", unknown.stderr)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
