#!/usr/bin/python3
"""The dashboard over TLS, with clients that check: Python's and curl.

    tls_test.py PROGRAMS
"""
import contextlib
import hashlib
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from demo_system import ROOT, ProgramTest  # noqa: E402

UPGRADE = ("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


class Tls(ProgramTest):
    def start(self, web):
        self.system.site.write_text(self.good_site.replace("[web]", f"[web]\n{web}"), encoding="utf-8")
        self.system.gateway = self.system.start("gateway", self.programs / "gateway", "run", "--config", self.system.site, "--data", self.system.data)
        self.until("it does not run", lambda: "runs; dashboard: https://" in self.log())

    def restart(self, web):
        self.system.gateway.end()
        self.system.running.remove(self.system.gateway)
        self.start(web)

    def connect(self, context, name="localhost"):
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.system.web_port), timeout=10), server_hostname=name)

    def get(self, context, path="/api/v1/live"):
        """(head, body) of an answer."""
        with self.connect(context) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            with contextlib.suppress(ssl.SSLEOFError):
                while part := connection.recv(65536):
                    answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        return head.decode(), body

    def own_certificate(self):
        return self.system.data / "web-certificate.pem"

    def test_a_self_made_certificate_serves_who_trusts_it_and_stays_the_same(self):
        self.start('tls = "self-signed"')
        key = self.system.data / "web-key.pem"
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        trusting = ssl.create_default_context(cafile=str(self.own_certificate()))
        def live_comes():
            head, body = self.get(trusting)
            return head.startswith("HTTP/1.1 200") and json.loads(body)["compound"]
        self.until("no live values", live_comes)
        head, _ = self.get(trusting)
        self.assertNotIn("Strict-Transport-Security", head)
        told = re.search(r"SHA-256: ([0-9A-F:]+)", self.log()).group(1)
        binary = ssl.PEM_cert_to_DER_cert(self.own_certificate().read_text())
        self.assertEqual(told.replace(":", "").lower(), hashlib.sha256(binary).hexdigest())
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(ssl.create_default_context())
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(trusting, "elsewhere.example.org")
        self.restart('tls = "self-signed"')
        self.assertIn(told, self.log())

    def test_curl_takes_it_by_name_and_by_address(self):
        self.start('tls = "self-signed"')
        for host in ("localhost", "127.0.0.1"):
            answer = subprocess.run(["curl", "--silent", "--show-error", "--cacert", self.own_certificate(), "--resolve", f"localhost:{self.system.web_port}:127.0.0.1",
                                     f"https://{host}:{self.system.web_port}/healthz"], capture_output=True, text=True, check=False)
            self.assertEqual(answer.returncode, 0, answer.stderr)

    def test_the_live_stream_comes_through_it(self):
        self.start('tls = "self-signed"')
        with self.connect(ssl.create_default_context(cafile=str(self.own_certificate()))) as connection:
            connection.sendall(UPGRADE.encode())
            answer = b""
            while b'"time_ms"' not in answer:
                part = connection.recv(65536)
                self.assertTrue(part, answer)
                answer += part
            self.assertTrue(answer.startswith(b"HTTP/1.1 101"), answer[:200])

    def test_old_protocols_are_refused(self):
        self.start('tls = "self-signed"')
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertWarns(DeprecationWarning):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.connect(old)
        new = ssl.create_default_context(cafile=str(self.own_certificate()))
        new.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.connect(new) as connection:
            self.assertEqual(connection.version(), "TLSv1.2")
            self.assertIn("ECDHE", connection.cipher()[0])

    def test_who_comes_without_tls_is_sent_to_it_and_told_nothing(self):
        self.start('tls = "self-signed"')
        with socket.create_connection(("127.0.0.1", self.system.web_port), timeout=10) as connection:
            connection.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.assertRegex(answer.decode(), r"^HTTP/1\.1 307 ")
        self.assertIn("Location: https://localhost/api/v1/live\r\n", answer.decode())
        self.assertNotIn(b"power_w", answer)

    def test_a_given_certificate_is_used_and_browsers_are_told_to_insist(self):
        folder = self.system.folder
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / "given-key.pem", "-out", folder / "given.pem"], check=True, capture_output=True)
        self.start(f'certificate = "{folder}/given.pem"\nkey = "{folder}/given-key.pem"')
        head, _ = self.get(ssl.create_default_context(cafile=str(folder / "given.pem")), "/healthz")
        self.assertRegex(head, r"^HTTP/1\.1 (200|503)")
        self.assertIn("Strict-Transport-Security: max-age=", head)


if __name__ == "__main__":
    ProgramTest.programs = Path(sys.argv.pop(1)).resolve()
    os.chdir(ROOT)
    unittest.main(verbosity=2)
