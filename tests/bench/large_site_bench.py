#!/usr/bin/python3
"""The largest site that is promised: 1,000 meters of 10 values each second over 50 TCP endpoints, whole gateway with store and upload. CPU per
1,000 values and peak memory of its process.

Prints JSON lines for tests/bench/run. Needs build/release (./dev bench builds it)."""
import os
import sys
import time

import path_bench

path_bench.METERS, path_bench.ENDPOINTS = 1000, 50
SECONDS = 30


def main():
    with path_bench.BenchSystem(path_bench.PROGRAMS, None) as system:
        system.start_all()
        time.sleep(10)
        pid = system.gateway.process.pid
        before, values, start = path_bench.cpu_seconds(pid), path_bench.values_read(system), time.monotonic()
        time.sleep(SECONDS)
        after, values, elapsed = path_bench.cpu_seconds(pid), path_bench.values_read(system) - values, time.monotonic() - start
        expected = path_bench.METERS * 10 * elapsed
        if values < 0.95 * expected:
            print(f"only {values:.0f} of {expected:.0f} values were read", file=sys.stderr)
            return 1
        # The `online` flag of each poll is not counted as a value.
        path_bench.print_threads(before, after, expected)
        cpu = sum(after.values()) - sum(before.values())
        path_bench.report("large_site_cpu_ms_per_1000_values", 1000 * cpu / (expected / 1000), "ms", 2.5)
        path_bench.report("large_site_peak_rss_mib", path_bench.peak_rss_mib(pid), "MiB", 24)
    return 0


if __name__ == "__main__":
    os.chdir(path_bench.ROOT)
    try:
        sys.exit(main())
    except path_bench.demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
