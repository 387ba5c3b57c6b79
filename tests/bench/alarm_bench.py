#!/usr/bin/python3
"""How soon an alarm is on the dashboard: from the MQTT publish of a wet leak sensor to the WebSocket frame of its alarm, at 10 and at 5,000
messages a second, beside a bare subscriber that waits for the same messages from the same mosquitto.

At 10 a second every message raises an alarm; at 5,000 twenty a second do, and the others are door reports, each with another link quality, so
that each is news to the dashboard too. Alarms are committed to the store meanwhile, as ever. Prints JSON lines for tests/bench/run."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "release" / "bin"
TOOLS = ROOT / "build" / "release" / "tools"
SLOW, FAST, DOORS = 300, 600, 200  # alarms of each run, doors that report meanwhile

loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
spec = importlib.util.spec_from_loader("demo", loader)
demo = importlib.util.module_from_spec(spec)
loader.exec_module(demo)


def figure(name, value, unit, bound=None):
    aim = "" if bound is None else f"<= {bound:.3g}"
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "aim": aim, "holds": bound is None or value <= bound}), flush=True)


def site(system):
    text = f'[site]\nid = "bench"\n[broker]\nurl = "mqtt://127.0.0.1:{system.mqtt_port}"\n[web]\nlisten = "127.0.0.1:{system.web_port}"\n'
    for kind, count in (("leak", SLOW + FAST), ("door", DOORS)):
        text += "".join(f'[[sensor]]\nid = "{kind}-{i}"\nkind = "{kind}"\ntopic = "zigbee2mqtt/{kind}-{i}"\n' for i in range(count))
    return text + '[[alarm]]\nid = "wet"\nkind = "leak_wet"\n'


def measure(system, first, alarms, rate, alarm_rate):
    run = subprocess.run([TOOLS / "alarm_latency", "--mqtt", str(system.mqtt_port), "--web", str(system.web_port), "--first", str(first),
                          "--alarms", str(alarms), "--doors", str(DOORS), "--rate", str(rate), "--alarm-rate", str(alarm_rate)],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0 or not run.stdout:
        raise demo.Failed(f"not every alarm was seen: {run.stdout}{run.stderr}")
    found = json.loads(run.stdout.splitlines()[-1])
    print(f"  {rate} messages a second: {found}", flush=True)
    if found["messages"] / found["seconds"] < 0.9 * rate:
        raise demo.Failed(f"the publisher made only {found['messages'] / found['seconds']:.0f} of {rate} messages a second")
    return found


def main():
    with demo.System(PROGRAMS, None) as system:
        system.start_broker()
        system.site = system.folder / "site.toml"
        system.site.write_text(site(system), encoding="utf-8")
        system.start_gateway()
        demo.wait_until("the gateway has no broker", 15, system.gateway,
                        lambda: demo.get_json(f"{system.web}/api/v1/devices")["broker"]["connected"])
        slow = measure(system, 0, SLOW, 10, 10)
        fast = measure(system, SLOW, FAST, 5000, 20)
    for name, found in (("10", slow), ("5000", fast)):
        figure(f"alarm_bare_p99_ms_at_{name}", found["bare_p99_ms"], "ms")
        figure(f"alarm_p99_ms_at_{name}", found["p99_ms"], "ms", 2 * found["bare_p99_ms"] + 1)
    figure("alarm_p99_over_bare_at_5000", fast["p99_ms"] / fast["bare_p99_ms"], "ratio", (2 * fast["bare_p99_ms"] + 1) / fast["bare_p99_ms"])
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(main())
    except demo.Failed as failed:
        print(failed, file=sys.stderr)
        sys.exit(1)
