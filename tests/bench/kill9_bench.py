#!/usr/bin/python3
"""1,000 random SIGKILLs of the real program: lines that were kept and never arrived, and points that arrived twice, by the far end's own count.

Prints JSON lines for tests/bench/run. Needs build/release (./dev bench builds it). The same with 200 kills is a test in CI
(tests/integration/app/kill9_test.py)."""
import json
import os
import sys

import path_bench

sys.path.insert(0, str(path_bench.ROOT / "tests" / "support"))
from kill9 import Kills  # noqa: E402

KILLS = int(os.environ.get("KILLS", "1000"))
demo = path_bench.demo


def main():
    with demo.System(path_bench.PROGRAMS, path_bench.ROOT / "tests" / "demo" / "check.scenario.toml") as system:
        kills = Kills(demo, path_bench.PROGRAMS, seed=9)
        system.influx = kills.oracle.url
        system.start_broker()
        system.start_simulator()
        # A commit a second: in lives of up to 1.6 s some kills fall before the first, some into one, some after it.
        kills.run(system, KILLS, longest_life=1.6)
        sink = kills.settle(system)
        lost, missing = kills.lost(sink["queued_lines"])
        twice, again = kills.twice()
        if len(kills.oracle.points) < 5 * KILLS:
            raise demo.Failed(f"the kills fell so early that hardly anything was kept: {len(kills.oracle.points)} points")
        for example in missing + again:
            print(example, file=sys.stderr)
        for name, value in (("kill9_lost", lost), ("kill9_twice", twice)):
            print(json.dumps({"name": name, "value": value, "unit": "lines", "aim": "0", "holds": value == 0}), flush=True)
        print(f"{kills.oracle.resent} lines came again as they were")
        print(json.dumps({"name": "kill9_points", "value": len(kills.oracle.points), "unit": "points", "aim": "", "holds": True}), flush=True)
        kills.oracle.close()
    return 0


if __name__ == "__main__":
    os.chdir(path_bench.ROOT)
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
