#!/usr/bin/python3
"""The whole way of a reading: 100 meters of 10 values each second over Modbus TCP and 20 door events a second, with store, upload to InfluxDB
and a dashboard client. CPU and memory of the gateway's process, and the time from a door to the WebSocket.

Prints JSON lines for tests/bench/run. Needs build/release (./dev bench builds it)."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "release" / "bin"
TOOLS = ROOT / "build" / "release" / "tools"
METERS, ENDPOINTS, SECONDS = 100, 4, 30

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


def report(name, value, unit, most):
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "aim": f"<= {most}", "holds": value <= most}), flush=True)


def note(name, value):
    """A figure to hold others against, without an aim of its own."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": "ms", "aim": "", "holds": True}), flush=True)


class BenchSystem(demo.System):
    """The demo's programs, with the simulator's large compound instead of its lifelike one."""

    def start_simulator(self):
        self.site = self.folder / "site.toml"
        skeleton = self.folder / "simulated-site.toml"
        process = self.start("simulator", PROGRAMS / "compound-simulator", "--bench-meters", str(METERS), "--bench-endpoints", str(ENDPOINTS),
                             "--modbus-tcp", f"127.0.0.1:{self.modbus_port}", "--mqtt", f"127.0.0.1:{self.mqtt_port}", "--write-site", skeleton)
        demo.wait_until("The simulated meters do not listen", 15, process, lambda: skeleton.exists() and demo.accepts(self.modbus_port))
        self.site.write_text(skeleton.read_text(encoding="utf-8") + f"""
[[sink]]
id = "central"
kind = "influx1"
url = "{self.influx}"
database = "energy"

[web]
listen = "127.0.0.1:{self.web_port}"
""", encoding="utf-8")


def cpu_seconds(pid):
    """By the name of the thread, in the kernel's nanoseconds."""
    threads = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        threads[name] = threads.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return threads


def print_threads(before, after, values):
    """Where the time goes. Threads of many buses are added up."""
    spent = {}
    for thread, seconds in after.items():
        kind = re.sub(r"\d+$", "*", thread)
        spent[kind] = spent.get(kind, 0) + seconds - before.get(thread, 0)
    for thread, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {thread:<16} {1e6 * seconds / values:6.2f} ms per 1,000 values", flush=True)


def peak_rss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def values_read(system):
    for line in demo.http(f"{system.web}/metrics").splitlines():
        if line.startswith("gateway_readings_total"):
            return float(line.split()[-1])
    raise demo.Failed("/metrics has no gateway_readings_total")


def bare_exchange_ms(site):
    """Processor time a second of libmodbus alone, for the same exchanges with the same simulator: what the machine itself takes."""
    ports = re.findall(r'^url = "tcp://127\.0\.0\.1:(\d+)', site.read_text(encoding="utf-8"), re.MULTILINE)
    run = subprocess.run([TOOLS / "bare_exchange", "--ports", ",".join(ports), "--units", str(METERS // len(ports)), "--seconds", "10"],
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["cpu_ms_per_s"]


def main():
    with BenchSystem(PROGRAMS, None) as system:
        system.start_all()
        time.sleep(5)
        pid = system.gateway.process.pid
        sensors = [sensor["id"] for sensor in system.live()["sensors"] if sensor["kind"] == "door"]
        threads_before, values, start = cpu_seconds(pid), values_read(system), time.monotonic()
        client = subprocess.run([TOOLS / "door_latency", "--mqtt", str(system.mqtt_port), "--web", str(system.web_port), "--sensors", ",".join(sensors),
                                 "--rate", "20", "--seconds", str(SECONDS)], capture_output=True, text=True, check=False)
        threads_after, values, elapsed = cpu_seconds(pid), values_read(system) - values, time.monotonic() - start
        cpu = sum(threads_after.values()) - sum(threads_before.values())
        latency = json.loads(client.stdout.splitlines()[-1])
        expected = METERS * 10 * elapsed
        if values < 0.95 * expected:
            print(f"only {values:.0f} of {expected:.0f} values were read", file=sys.stderr)
            return 1
        if latency["answered"] != latency["events"]:
            print(f"{latency['events'] - latency['answered']} of {latency['events']} door events were not seen", file=sys.stderr)
            return 1
        # The `online` flag of each poll is not counted as a value.
        print_threads(threads_before, threads_after, expected)
        report("path_cpu_ms_per_1000_values", 1000 * cpu / (expected / 1000), "ms", 2.5)
        peak = peak_rss_mib(pid)
        system.gateway.end()
        system.running.remove(system.gateway)
        note("path_bare_modbus_cpu_ms_per_1000_values", bare_exchange_ms(system.site))
        report("path_peak_rss_mib", peak, "MiB", 16)
        report("door_to_websocket_p99_ms", latency["p99_ms"], "ms", 1.5)
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
