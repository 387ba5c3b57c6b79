"""Kills the real gateway with SIGKILL at random moments, again and again, and holds the far end against what was on the disk each time.

After each kill a copy of the database is read, by Python's SQLite, beside the gateway's own code: every line that waits in the outbox is
kept, and has to be at the far end in the end. The source is the simulated compound, the far end a write_oracle.
"""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from write_oracle import WriteOracle, gunzip, split_line


class Kills:
    def __init__(self, demo, programs, seed=1):
        self.demo, self.programs = demo, programs
        self.random = random.Random(seed)
        self.oracle = WriteOracle(self.trouble)
        self.kept = {}      # (series, time): fields, of every line that was in the outbox at a kill
        self.first_wh = {}  # by meter: the counter reading that its energy of today counts from
        self.energy_moved = {}
        self.kills = 0
        self.calm = False

    def trouble(self):
        """Answers take a while now and then, so that kills fall between the far end's commit and the answer; some are refusals."""
        if self.calm:
            return None
        dice = self.random.random()
        if dice < 0.3:
            time.sleep(self.random.uniform(0, 0.15))
        return 503 if dice > 0.95 else None

    def look_at_the_disk(self, system):
        copy = system.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("gateway.db", "gateway.db-wal"):
            if (system.data / name).exists():
                shutil.copy(system.data / name, copy / name)
        if not (copy / "gateway.db").exists():
            return
        database = sqlite3.connect(copy / "gateway.db")
        try:
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise self.demo.Failed("the database is damaged after a kill")
            rows = database.execute("SELECT body FROM outbox").fetchall()
        except sqlite3.OperationalError:  # killed before the tables were there
            rows = []
        finally:
            database.close()
        for (body,) in rows:
            for line in gunzip(body).decode("utf-8").splitlines():
                series, fields, stamp = split_line(line)
                self.kept[series, stamp] = fields

    def run(self, system, kills, longest_life=0.6):
        for number in range(kills):
            process = system.start(f"gateway-{number}", self.programs / "gateway", "run", "--config", system.site, "--data", system.data)
            time.sleep(self.random.uniform(0.02, longest_life))
            process.must_run()
            process.process.send_signal(signal.SIGKILL)
            process.process.wait()
            system.running.remove(process)
            process.log.unlink()
            self.kills += 1
            self.look_at_the_disk(system)

    def settle(self, system, seconds=60):
        """A last life, long enough to send everything. Returns `gateway outbox`'s figures of the sink afterwards."""
        self.calm = True
        system.start_gateway()
        self.demo.wait_until("Not every meter was read", 30, system.gateway,
                             lambda: system.live()["compound"]["meters_online"] == system.live()["compound"]["meters"])
        self.live = system.live()
        system.gateway.end()
        system.running.remove(system.gateway)
        for _ in range(5):  # what the last commit kept goes out in another life
            if self.outbox(system)["queued_lines"] == 0:
                break
            system.start_gateway()
            time.sleep(2)
            system.gateway.end()
            system.running.remove(system.gateway)
        return self.outbox(system)

    def outbox(self, system):
        answer = subprocess.run([self.programs / "gateway", "outbox", "--data", system.data, "--json"], capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)["sinks"][0]

    def lost(self, queued_lines):
        """Lines that were on the disk at some kill and never came to the far end, but for those that may still wait."""
        missing = [point for point in self.kept if not self.oracle.holds(*point)]
        return max(0, len(missing) - queued_lines), missing[:3]

    def twice(self):
        """Points that the far end was given more than once and not as they were: another value for the same series and time."""
        again = [f"{series} {stamp}: {before} / {after}" for series, stamp, before, after in self.oracle.changed]
        return len(again), again[:3]
