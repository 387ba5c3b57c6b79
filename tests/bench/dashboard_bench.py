#!/usr/bin/python3
"""The dashboard: what a browser has to fetch, and how soon the first live number is seen on an old office PC (Chromium with a processor
slowed down four times, on loopback, against the gateway and the simulated compound).

Prints JSON lines for tests/bench/run. Needs build/release, the built dashboard and Chromium (./dev bench has them)."""
import gzip
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "release" / "bin"
DIST = ROOT / "firmware-gateway" / "dashboard" / "dist"
BROWSER = ROOT / "tests" / "browser"

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


def report(name, value, unit, aim, holds):
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "aim": aim, "holds": holds}), flush=True)


def gzip_kb():
    """Everything in the built dashboard, compressed as the gateway serves it."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in DIST.rglob("*") if file.is_file()) / 1000


def main():
    size = gzip_kb()
    report("dashboard_gzip_kb", size, "kB", "<= 250", size <= 250)
    if not (BROWSER / "node_modules").is_dir():
        subprocess.run(["npm", "--prefix", BROWSER, "ci", "--no-audit", "--no-fund"], check=True, stdout=sys.stderr)
    with demo.System(PROGRAMS, ROOT / "tests" / "demo" / "check.scenario.toml") as system:
        system.start_all()
        run = subprocess.run(["node", BROWSER / "first_number.mjs"], env=os.environ | {"GATEWAY_URL": f"{system.web}/"}, capture_output=True,
                             text=True, check=False)
        if run.returncode != 0:
            print(run.stderr, file=sys.stderr)
            return 1
        seconds = float(run.stdout)
        report("first_live_number_s", seconds, "s", "< 1", seconds < 1)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
