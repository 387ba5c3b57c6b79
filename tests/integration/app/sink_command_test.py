#!/usr/bin/python3
"""`gateway sink test` as an electrician meets it: one point, and in words what the far end answered.

    sink_command_test.py PROGRAMS
"""
import gzip
import http.server
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

PROGRAMS = None
SITE = """
[site]
id = "cangshan"
"""


class FarEnd(http.server.BaseHTTPRequestHandler):
    """Answers as the path says: /204, /404, ...; remembers what it was given."""
    protocol_version = "HTTP/1.1"
    bodies = []
    tokens = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        FarEnd.bodies.append(gzip.decompress(body).decode())
        FarEnd.tokens.append(self.headers["Authorization"])
        status = int(self.path.split("/")[1])
        text = b"" if status == 204 else b"<html>log in</html>" if status == 200 else b'{"error":"says the server"}'
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if status == 200 else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class SinkTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FarEnd)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = Path(folder.name) / "site.toml"
        FarEnd.bodies.clear()

    def sink(self, name, path, port=None, kind="influx1"):
        port = port or self.server.server_port
        if kind == "line_protocol":
            return f'[[sink]]\nid = "{name}"\nkind = "{kind}"\nurl = "http://127.0.0.1:{port}/{path}?precision=ms"\ntimeout = "2s"\n'
        return f'[[sink]]\nid = "{name}"\nkind = "influx1"\nurl = "http://127.0.0.1:{port}/{path}"\ndatabase = "energy"\ntimeout = "2s"\n'

    def ask(self, *sinks, only=()):
        self.site.write_text(SITE + "".join(sinks), encoding="utf-8")
        return subprocess.run([PROGRAMS / "gateway", "sink", "test", "--config", self.site, *only], capture_output=True, text=True, timeout=30, check=False)

    def test_a_store_that_takes_it_is_ok_and_the_point_is_harmless(self):
        answer = self.ask(self.sink("central", "204"))
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        self.assertRegex(answer.stdout, r"central \(influx1, http://127\.0\.0\.1:\d+/204\)\n  ok after \d+ ms: 204\n")
        self.assertEqual(len(FarEnd.bodies), 1)
        self.assertRegex(FarEnd.bodies[0], r"^gateway,site=cangshan sink_test=1i \d{13}\n$")

    def test_every_refusal_is_told_with_the_servers_words_and_what_to_do(self):
        for path, words in {"404": "no such database", "401": "password or token is wrong", "200": "not a write API", "500": "look at its log",
                            "400": "look at what it says", "503": "busy"}.items():
            with self.subTest(path):
                answer = self.ask(self.sink("central", path))
                self.assertEqual(answer.returncode, 1)
                self.assertIn("FAILED", answer.stdout)
                self.assertIn(words, answer.stdout)
                if path != "200":
                    self.assertIn("says the server", answer.stdout)

    def test_of_an_unknown_engine_over_plain_http_only_204_counts_and_that_is_said(self):
        answer = self.ask(self.sink("central", "201/x", kind="line_protocol"))
        self.assertEqual(answer.returncode, 1, answer.stdout)
        self.assertIn("only 204", answer.stdout)
        self.assertIn("https", answer.stdout)
        self.assertEqual(self.ask(self.sink("central", "204/x", kind="line_protocol")).returncode, 0)
        check = subprocess.run([PROGRAMS / "gateway", "check", "--config", self.site], capture_output=True, text=True, timeout=30, check=False)
        self.assertIn("sink central: over plain http only the answer 204 counts", check.stdout)

    def test_a_token_is_taken_from_the_folder_that_the_service_has_it_from(self):
        sink = self.sink("central", "204/x", kind="line_protocol") + 'token_file = "central-token"\n'
        answer = self.ask(sink)
        self.assertEqual(answer.returncode, 1, answer.stdout)
        self.assertIn("central-token", answer.stdout)
        (self.site.parent / "credentials").mkdir()
        (self.site.parent / "credentials" / "central-token").write_text("s3cret\n", encoding="utf-8")
        answer = self.ask(sink)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        self.assertEqual(FarEnd.tokens[-1], "Bearer s3cret")

    def test_check_names_secrets_that_are_not_there_and_where_they_belong(self):
        self.ask(self.sink("central", "204/x", kind="line_protocol") + 'token_file = "central-token"\n')
        check = [PROGRAMS / "gateway", "check", "--config", str(self.site)]
        answer = subprocess.run(check, capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn(f"sink central: {self.site.parent}/credentials/central-token is not there (yet)", answer.stdout)
        (self.site.parent / "credentials").mkdir()
        (self.site.parent / "credentials" / "central-token").write_text("two\nlines\n", encoding="utf-8")
        self.assertIn("in one line", subprocess.run(check, capture_output=True, text=True, check=False).stdout)
        (self.site.parent / "credentials" / "central-token").write_text("s3cret\n", encoding="utf-8")
        answer = subprocess.run(check, capture_output=True, text=True, check=False)
        self.assertNotIn("central-token", answer.stdout)
        self.assertNotIn("s3cret", answer.stdout)

    def test_nobody_there_is_told(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            answer = self.ask(self.sink("central", "x", unused.getsockname()[1]))
        self.assertEqual(answer.returncode, 1)
        self.assertRegex(answer.stdout, r"FAILED after \d+ ms: connect 127\.0\.0\.1:\d+: Connection refused")

    def test_each_sink_is_asked_and_one_can_be_chosen(self):
        both = self.sink("good", "204"), self.sink("bad", "404")
        answer = self.ask(*both)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("good (", answer.stdout)
        self.assertIn("bad (", answer.stdout)
        answer = self.ask(*both, only=["good"])
        self.assertEqual(answer.returncode, 0)
        self.assertNotIn("bad (", answer.stdout)
        answer = self.ask(*both, only=["god"])
        self.assertEqual(answer.returncode, 2)
        self.assertIn("there is no sink 'god'; it has good, bad", answer.stderr)


if __name__ == "__main__":
    PROGRAMS = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
