#!/usr/bin/python3
"""Small bad trees that include_direction.py must refuse, and a good one that it must take."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).with_name("include_direction.py")


def check(files):
    """Exit status and output of the checker on a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run = subprocess.run([sys.executable, CHECKER, folder], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout


class IncludeDirection(unittest.TestCase):
    def refused(self, files, *said):
        status, output = check(files)
        self.assertEqual(status, 1, output)
        self.assertEqual(len(output.splitlines()), 1, output)
        for words in said:
            self.assertIn(words, output)

    def test_a_tree_that_keeps_the_rules_passes(self):
        status, output = check({
            "core/site.hpp": "#pragma once\n#include <vector>\n",
            "core/toml_document.cpp": "#include <toml++/toml.h>\n",
            "drivers/modbus/link.cpp": '#include <modbus.h>\n#include "core/site.hpp"\n',
            "drivers/mqtt/session.cpp": "#include <mqtt/async_client.h>\n#include <MQTTAsync.h>\n",
            "collectors/metering/poller.cpp": '#include "drivers/modbus/link.hpp"\n#include "core/site.hpp"\n',
            "cloud-sync/store/database.cpp": "#include <sqlite3.h>\n",
            "cloud-sync/influx/uploader.cpp": '#include <boost/beast/http.hpp>\n#include "cloud-sync/store/outbox.hpp"\n',
            "firmware-gateway/app/main.cpp": '#include "collectors/alarms/engine.hpp"\n#include "cloud-sync/store/outbox.hpp"\n',
        })
        self.assertEqual((status, output.count("\n")), (0, 1), output)

    def test_core_knows_nobody(self):
        self.refused({"core/site.cpp": '\n#include "drivers/modbus/link.hpp"\n'}, "core/site.cpp:2:", "core must not know drivers")

    def test_collectors_do_not_know_cloud_sync(self):
        self.refused({"collectors/alarms/engine.cpp": '#include "cloud-sync/store/outbox.hpp"\n'}, "collectors must not know cloud-sync")

    def test_cloud_sync_does_not_know_collectors(self):
        self.refused({"cloud-sync/store/a.cpp": '#include "collectors/alarms/engine.hpp"\n'}, "cloud-sync must not know collectors")

    def test_cloud_sync_does_not_know_drivers(self):
        self.refused({"cloud-sync/store/a.cpp": '#include "drivers/mqtt/session.hpp"\n'}, "cloud-sync must not know drivers")

    def test_drivers_do_not_know_collectors(self):
        self.refused({"drivers/mqtt/a.hpp": '#  include "collectors/metering/p.hpp"\n'}, "drivers must not know collectors")

    def test_the_product_does_not_know_its_tests(self):
        self.refused({"firmware-gateway/app/main.cpp": '#include "tests/support/clock.hpp"\n'}, "must not know tests")

    def test_a_relative_include_cannot_hide_a_direction(self):
        self.refused({"core/a.cpp": '#include "../drivers/modbus/link.hpp"\n'}, "climbs out")

    def test_own_headers_are_named_from_the_root(self):
        self.refused({"core/a.cpp": '#include "a.hpp"\n', "core/a.hpp": ""}, 'as "core/a.hpp"')

    def test_own_headers_are_not_system_headers(self):
        self.refused({"drivers/modbus/a.cpp": "#include <core/site.hpp>\n"}, "is ours")

    def test_libmodbus_stays_in_its_folder(self):
        self.refused({"collectors/metering/poller.cpp": "#include <modbus.h>\n"}, "outside drivers/modbus")

    def test_libmodbus_by_its_long_name_is_seen(self):
        self.refused({"core/a.cpp": "#include <modbus/modbus-rtu.h>\n"}, "outside drivers/modbus")

    def test_a_second_file_with_libmodbus_is_one_too_many(self):
        self.refused({"drivers/modbus/a.cpp": "#include <modbus.h>\n", "drivers/modbus/b.cpp": "#include <modbus.h>\n"},
                     "included in 2 files")

    def test_paho_stays_in_one_file(self):
        self.refused({"drivers/mqtt/a.cpp": "#include <mqtt/async_client.h>\n", "drivers/mqtt/b.cpp": "#include <MQTTAsync.h>\n"},
                     "Paho is included in 2 files")

    def test_sqlite_stays_in_the_store(self):
        self.refused({"firmware-gateway/web/history.cpp": "#include <sqlite3.h>\n"}, "outside cloud-sync/store")

    def test_toml_stays_in_core(self):
        self.refused({"drivers/modbus/model.cpp": "#include <toml++/toml.h>\n"}, "outside core")

    def test_a_fifth_file_with_beast_is_one_too_many(self):
        self.refused({f"firmware-gateway/web/{name}.cpp": "#include <boost/beast/http.hpp>\n" for name in "abcde"},
                     "included in 5 files", "4 at most")

    def test_an_empty_tree_is_not_a_pass(self):
        self.refused({"README.md": ""}, "no source file found")


if __name__ == "__main__":
    unittest.main()
