"""The demo's servers (tests/demo/run) for tests in Python: `from demo_system import demo`, then demo.System and what it is made of."""
import contextlib
import importlib.machinery
import importlib.util
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "tests" / "demo" / "run"))
demo = importlib.util.module_from_spec(importlib.util.spec_from_loader("demo", _loader))
_loader.exec_module(demo)


class ProgramTest(unittest.TestCase):
    """Broker, central store and simulated compound for all tests of a class; each test starts gateways of its own."""

    programs = None  # set by main()
    scenario = "# Nothing happens.\n"

    @classmethod
    def setUpClass(cls):
        cls.system = demo.System(cls.programs, None)
        cls.addClassCleanup(cls.system.__exit__)
        cls.system.scenario = cls.system.folder / "scenario.toml"
        cls.system.scenario.write_text(cls.scenario, encoding="utf-8")
        cls.system.start_broker()
        cls.system.start_store()
        cls.system.start_simulator()
        cls.good_site = cls.system.site.read_text(encoding="utf-8")

    def tearDown(self):
        for process in list(self.system.running):
            if process.name == "gateway":
                process.end()
                self.system.running.remove(process)
        self.system.must_run()

    @classmethod
    def is_sanitized(cls):
        """Whether the programs carry a sanitizer, which costs time and keeps freed memory for a while."""
        return cls.programs.parent.name in ("asan", "tsan")

    def log(self):
        return self.system.gateway.log.read_text(encoding="utf-8", errors="replace")

    def pid(self):
        return self.system.gateway.process.pid

    def until(self, what, ready, seconds=20):
        demo.wait_until(what, seconds, self.system.gateway, ready)

    def read_meters(self):
        def all_online():
            with contextlib.suppress(KeyError):
                compound = self.system.live()["compound"]
                return compound["meters_online"] == compound["meters"]
        self.until("not all meters were read", all_online)
