#!/usr/bin/python3
"""What the package takes on the disk without the system's libraries, and how long after its start the program has read its first value.

Prints JSON lines for tests/bench/run. Needs build/release (./dev bench builds it)."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import path_bench

ROOT, demo = path_bench.ROOT, path_bench.demo
STARTS = 9


def installed_mb():
    """The stripped program, and what is installed beside it."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "gateway"
        subprocess.run(["strip", "-o", stripped, path_bench.PROGRAMS / "gateway"], check=True)
        size = stripped.stat().st_size
    beside = [*(ROOT / "firmware-gateway" / "packaging").glob("*.*"), *(ROOT / "docs").glob("*.md")]
    return (size + sum(path.stat().st_size for path in beside if path.is_file())) / 1e6


def first_reading_ms(system):
    """From the start of the process until /metrics counts a reading. A fresh data folder each time."""
    system.data = pathlib.Path(tempfile.mkdtemp(dir=system.folder))
    begin = time.perf_counter()
    process = system.start("gateway", path_bench.PROGRAMS / "gateway", "run", "--config", system.site, "--data", system.data)
    while True:
        try:
            if path_bench.values_read(system) > 0:
                took = 1000 * (time.perf_counter() - begin)
                break
        except OSError:
            pass
        process.must_run()
        time.sleep(0.002)
    process.end()
    system.running.remove(process)
    return took


def main():
    path_bench.report("installed_mb", installed_mb(), "MB", 8)
    with path_bench.BenchSystem(path_bench.PROGRAMS, None) as system:
        system.start_broker()
        system.start_store()
        system.start_simulator()
        took = sorted(first_reading_ms(system) for _ in range(STARTS))
    print(f"  starts: {' '.join(f'{each:.0f}' for each in took)} ms", flush=True)
    path_bench.report("start_to_first_reading_ms", statistics.median(took), "ms", 300)
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
