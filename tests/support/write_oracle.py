"""A central store that remembers every point it was ever sent: the far end's own opinion on what was lost and what came twice.

Speaks InfluxDB 1's /write, plain or gzip. Knows a point by its series and timestamp, as every engine does. `trouble` is asked before each
answer and may delay it, or return another status; what is answered with 204 was taken in, and only that.
"""
import http.server
import threading
import zlib


def gunzip(body):
    """All members of a gzip stream."""
    out = []
    while body:
        stream = zlib.decompressobj(wbits=31)
        out.append(stream.decompress(body) + stream.flush())
        body = stream.unused_data
    return b"".join(out)


def split_line(line):
    """(series, fields, time in the line's unit). The escaping of this project's lines: no unescaped space inside a series or a number."""
    time = line[line.rindex(" ") + 1:]
    rest = line[:len(line) - len(time) - 1]
    at = 0
    while True:
        at = rest.index(" ", at)
        if rest[at - 1] != "\\":
            return rest[:at], rest[at + 1:], int(time)
        at += 1


class WriteOracle:
    def __init__(self, trouble=lambda: None):
        self.trouble = trouble
        self.lock = threading.Lock()
        self.points = {}      # (series, time): fields
        self.changed = []     # points that came again with other fields, without `consumption`, whose windows grow
        self.resent = 0       # came again as they were
        self.requests = 0
        self.lines = 0
        self.bytes = 0
        oracle = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = oracle.trouble() or 204
                if status == 204:
                    oracle.take(gunzip(body) if self.headers.get("Content-Encoding") == "gzip" else body, len(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that was killed in mid-request
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body, size):
        lines = body.decode("utf-8").splitlines()
        with self.lock:
            self.requests += 1
            self.bytes += size
            for line in lines:
                self.lines += 1
                series, fields, time = split_line(line)
                before = self.points.get((series, time))
                if before == fields:
                    self.resent += 1
                elif before is not None and not series.startswith("consumption,"):
                    self.changed.append((series, time, before, fields))
                self.points[series, time] = fields

    def holds(self, series, time):
        with self.lock:
            return (series, time) in self.points

    def close(self):
        self.server.shutdown()
        self.server.server_close()
