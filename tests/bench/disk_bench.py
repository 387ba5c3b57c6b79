#!/usr/bin/python3
"""What the whole gateway writes to the disk for 200 meters of 10 values every 5 s, with store and upload: bytes a reading (/proc/PID/io) and
syncs a minute (strace). And how long after its start the first reading is there, when the store holds a gigabyte.

Prints JSON lines for tests/bench/run. Needs build/release (./dev bench builds it)."""
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time

import path_bench

path_bench.METERS, path_bench.ENDPOINTS = 200, 4
SECONDS = 130  # two minutes' ends are in it
demo = path_bench.demo


def written(pid):
    return int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)[1])


def syncs(pid, seconds):
    """fsync and fdatasync calls of the process in that time."""
    with subprocess.Popen(["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", str(pid)], stderr=subprocess.PIPE, text=True) as strace:
        time.sleep(seconds)
        strace.send_signal(signal.SIGINT)
        table = strace.communicate()[1]
    calls = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*(?:fsync|fdatasync)$", table, re.MULTILINE)
    if not calls:
        raise demo.Failed(f"strace counted nothing:\n{table}")
    return sum(map(int, calls))


class DiskSystem(path_bench.BenchSystem):
    def start_simulator(self):
        super().start_simulator()
        text = self.site.read_text(encoding="utf-8")
        self.site.write_text(text.replace('model = "generic-10"', 'model = "generic-10"\ninterval = "5s"'), encoding="utf-8")


def values_when_moved(system):
    """The number of readings so far, just after it grew: rounds of polls are not cut in two."""
    before = path_bench.values_read(system)
    while (now := path_bench.values_read(system)) == before:
        time.sleep(0.05)
    return now


def measure_writes():
    with DiskSystem(path_bench.PROGRAMS, None) as system:
        system.start_all()
        time.sleep(20)
        pid = system.gateway.process.pid
        bytes_before, values, start = written(pid), values_when_moved(system), time.monotonic()
        time.sleep(SECONDS)
        bytes_after, values, elapsed = written(pid), values_when_moved(system) - values, time.monotonic() - start
        expected = 200 * 10 / 5 * elapsed  # the `online` flag of each poll is not counted as a value
        if values < 0.95 * expected:
            raise demo.Failed(f"only {values:.0f} of {expected:.0f} values were read")
        path_bench.report("disk_bytes_per_reading", (bytes_after - bytes_before) / expected, "B", 50)
        path_bench.report("fsyncs_per_minute", syncs(pid, 60), "1/min", 80)


def fill(database, bytes_wanted):
    """Rows as the gateway writes them, until the file is as large: windows of a year, and an outbox of a long outage."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous = OFF")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(consumption)")]
    nodes = [row[0] for row in connection.execute("SELECT id FROM node")]
    minute, start = 0, int(time.time() // 60) * 60_000 - 400 * 86_400_000
    names = ", ".join(columns)
    places = ", ".join("?" for _ in columns)
    while database.stat().st_size < bytes_wanted:
        rows = []
        for _ in range(500):
            minute += 1
            for node in nodes:
                known = {"window": 0, "start_ms": start + minute * 60_000, "node": node, "amount": 1_234_567 + minute, "rate_sum": 12345.6 + minute,
                         "rate_min": 900.5, "rate_max": 1100.25, "samples": 12, "parts": 1}
                rows.append([known.get(column, 0) for column in columns])
        connection.executemany(f"INSERT INTO consumption({names}) VALUES({places})", rows)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def measure_start():
    with DiskSystem(path_bench.PROGRAMS, None) as system:
        system.start_all()
        time.sleep(5)
        system.gateway.end()
        system.running.remove(system.gateway)
        fill(system.data / "gateway.db", 10**9)
        best = 1e9
        for _ in range(5):
            subprocess.run(["sync"], check=True)
            start = time.monotonic()
            gateway = system.start("gateway", system.programs / "gateway", "run", "--config", system.site, "--data", system.data)
            while True:
                gateway.must_run()
                try:
                    if path_bench.values_read(system) > 0:
                        break
                except OSError:
                    pass
                time.sleep(0.002)
            best = min(best, time.monotonic() - start)
            gateway.end()
            system.running.remove(gateway)
        path_bench.report("restart_1gb_first_reading_s", best, "s", 1)


def main():
    measure_writes()
    measure_start()
    return 0


if __name__ == "__main__":
    os.chdir(path_bench.ROOT)
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
