#!/usr/bin/python3
"""compound-simulator as others see it: pymodbus over TCP and RTU, mosquitto_sub over MQTT.

    simulator_peers_test.py COMPOUND_SIMULATOR
"""
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import tty
import types
import unittest
from pathlib import Path

# pymodbus imports these two for its serial client, which is not used here: Debian only recommends them.
for name in ("serial", "serial_asyncio"):
    sys.modules.setdefault(name, types.ModuleType(name)).create_serial_connection = None
# pylint: disable=wrong-import-position
from pymodbus.client import ModbusTcpClient
from pymodbus.factory import ClientDecoder
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.pdu import ExceptionResponse
from pymodbus.register_read_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest
from pymodbus.register_write_message import WriteSingleRegisterRequest

PROGRAM = None
# b1-leak-1 is wet and b1-lift silent for as long as the test runs: nothing here depends on the moment of a look.
SCENARIO = """
[[event]]
at = "1s"
kind = "leak"
sensor = "b1-leak-1"
for = "1h"

[[event]]
at = "1ms"
kind = "unit_dead"
meter = "b3-lift"
for = "1h"
"""


def f32(registers, order=">"):
    return struct.unpack(order + "f", struct.pack(">HH", *registers))[0]


def free_port():
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


def wait_until(what, ready, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} after {seconds} s")


class RtuLine:
    """pymodbus's RTU frames on a terminal."""

    def __init__(self, path, timeout):
        self.timeout = timeout
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file)

    def close(self):
        os.close(self.file)

    def ask(self, request):
        """The answer; None when there is none in time. Frames with a wrong CRC or another unit id are none."""
        framer = ModbusRtuFramer(ClientDecoder())
        os.write(self.file, framer.buildPacket(request))
        answers = []
        end = time.monotonic() + self.timeout
        while not answers and select.select([self.file], [], [], max(0, end - time.monotonic()))[0]:
            framer.processIncomingPacket(os.read(self.file, 256), answers.append, request.unit_id)
        return answers[0] if answers else None

    def read_holding_registers(self, address, count, slave):
        return self.ask(ReadHoldingRegistersRequest(address, count, unit=slave))

    def read_input_registers(self, address, count, slave):
        return self.ask(ReadInputRegistersRequest(address, count, unit=slave))

    def write_register(self, address, value, slave):
        return self.ask(WriteSingleRegisterRequest(address, value, unit=slave))


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="simulator-peers."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.mqtt = cls.start_broker()
        (cls.folder / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
        cls.site = cls.folder / "site.toml"
        cls.rtu = cls.folder / "rs485"
        cls.simulator = subprocess.Popen(
            [PROGRAM, "--seed", "1", "--scenario", cls.folder / "scenario.toml", "--modbus-tcp", "127.0.0.1:0", "--modbus-rtu", cls.rtu,
             "--mqtt", f"127.0.0.1:{cls.mqtt}", "--start-at", "2026-11-23T10:00", "--write-site", cls.site],
            stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end, cls.simulator)
        cls.told = []
        for line in cls.simulator.stdout:
            cls.told.append(line.strip())
            if line == "ready\n":
                break
        cls.tcp = int(next(line for line in cls.told if line.startswith("modbus-tcp ")).rsplit(":", 1)[1])

    @classmethod
    def start_broker(cls):
        port = free_port()
        config = cls.folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n{user}", encoding="utf-8")
        broker = subprocess.Popen([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", config], stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end, broker)

        def listens():
            with socket.socket() as each:
                return each.connect_ex(("127.0.0.1", port)) == 0
        wait_until("mosquitto does not listen", listens)
        return port

    @staticmethod
    def end(process):
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()

    def over_tcp(self):
        client = ModbusTcpClient("127.0.0.1", port=self.tcp, timeout=5)
        self.addCleanup(client.close)
        self.assertTrue(client.connect())
        return client

    def over_rtu(self, timeout=5):
        line = RtuLine(self.rtu, timeout)
        self.addCleanup(line.close)
        return line

    def subscribe(self, topic, count):
        answer = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.mqtt), "-t", topic, "-C", str(count), "-W", "20", "-F", "%r %t %p"],
                                capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, f"{count} messages on {topic}: got {answer.stdout!r}")
        return [line.split(" ", 2) for line in answer.stdout.splitlines()]

    def test_every_interface_is_told_before_ready(self):
        self.assertEqual([line.split()[0] for line in self.told], ["modbus-tcp", "modbus-rtu", "mqtt", "mqtt", "ready"])

    def test_one_tcp_endpoint_answers_for_several_unit_ids_and_models(self):
        client = self.over_tcp()
        sdm630 = client.read_input_registers(0x0034, 2, slave=1)  # b1-light
        self.assertFalse(sdm630.isError(), sdm630)
        self.assertTrue(10_000 < f32(sdm630.registers) < 25_000, f32(sdm630.registers))
        dtsu666 = client.read_holding_registers(0x2012, 2, slave=2)  # b1-socket
        self.assertTrue(5_000 < f32(dtsu666.registers) * 0.1 < 20_000, f32(dtsu666.registers))
        b23 = client.read_holding_registers(0x5B14, 2, slave=3)  # b1-corridor
        self.assertTrue(500 < (b23.registers[0] << 16 | b23.registers[1]) * 0.01 < 4_000, b23.registers)
        water = client.read_holding_registers(0x0001, 28, slave=9)  # b1-water
        self.assertTrue(200 < f32(water.registers[:2], "<") < 600, water.registers)

    def test_energy_grows_with_the_power(self):
        client = self.over_tcp()

        def energy():  # of b2-socket, 64 bits of 0.01 kWh
            registers = client.read_holding_registers(0x5000, 4, slave=22).registers
            return registers[0] << 48 | registers[1] << 32 | registers[2] << 16 | registers[3]
        first = energy()
        later = wait_until("the counter stands still", lambda: energy() if energy() > first else None, 60)
        self.assertLess(later - first, 100)

    def test_an_address_outside_the_map_is_exception_2(self):
        answer = self.over_tcp().read_holding_registers(0x7000, 2, slave=2)
        self.assertIsInstance(answer, ExceptionResponse)
        self.assertEqual(answer.exception_code, 2)

    def test_the_other_read_function_is_exception_1(self):
        for client, unit in ((self.over_tcp(), 1), (self.over_rtu(), 2)):
            answer = client.read_holding_registers(0x0034, 2, slave=unit)
            self.assertIsInstance(answer, ExceptionResponse)
            self.assertEqual(answer.exception_code, 1)

    def test_a_write_is_refused(self):
        for client, unit in ((self.over_tcp(), 2), (self.over_rtu(), 9)):
            answer = client.write_register(0x0001, 1, slave=unit)
            self.assertIsInstance(answer, ExceptionResponse)
            self.assertEqual(answer.exception_code, 1)

    def test_the_rtu_line_answers_for_several_unit_ids(self):
        client = self.over_rtu()
        b23 = client.read_holding_registers(0x5B2C, 1, slave=1)  # b3-light
        self.assertFalse(b23.isError(), b23)
        self.assertEqual(b23.registers, [5001])
        sdm630 = client.read_input_registers(0x0000, 80, slave=2)  # b3-socket
        self.assertTrue(200 < f32(sdm630.registers[:2]) < 250)
        water = client.read_holding_registers(0x0005, 2, slave=9)
        self.assertTrue(0 < f32(water.registers, "<") < 5)

    def test_a_dead_unit_and_one_that_is_not_there_are_silent_on_the_line(self):
        client = self.over_rtu(timeout=0.5)
        for unit in (5, 99):  # b3-lift by the scenario
            self.assertIsNone(client.read_holding_registers(0x101E, 2, slave=unit))
        self.assertFalse(self.over_rtu().read_holding_registers(0x5B2C, 1, slave=1).isError())

    def test_the_bridges_are_online(self):
        self.assertEqual(self.subscribe("zigbee2mqtt/bridge/state", 1), [["1", "zigbee2mqtt/bridge/state", '{"state":"online"}']])
        self.assertEqual(self.subscribe("frigate/available", 1), [["1", "frigate/available", "online"]])

    def test_every_zigbee_sensor_has_its_availability_and_state_retained(self):
        availability = self.subscribe("zigbee2mqtt/+/availability", 18)
        self.assertEqual({(retained, payload) for retained, _, payload in availability}, {("1", '{"state":"online"}')})
        doors = 0
        for retained, topic, payload in self.subscribe("zigbee2mqtt/+", 18):
            state = json.loads(payload)
            doors += "contact" in state
            self.assertIsInstance(state["contact" if "contact" in state else "water_leak"], bool)
            self.assertIn("-door-" if "contact" in state else "-leak-", topic)
            self.assertLessEqual({"battery", "linkquality", "voltage"}, state.keys())
        self.assertEqual(doors, 12)

    def test_the_scripted_leak_comes(self):
        def wet():
            return json.loads(self.subscribe("zigbee2mqtt/b1-leak-1", 1)[0][2])["water_leak"]
        wait_until("no leak", wet)

    def test_the_site_file_is_whole_and_names_what_answers(self):
        text = self.site.read_text(encoding="utf-8")
        self.assertEqual(text.count("[[meter]]"), 30)
        self.assertEqual(text.count("[[sensor]]"), 22)
        self.assertIn(f'"tcp://127.0.0.1:{self.tcp}"', text)

    def test_a_bridge_that_is_killed_leaves_its_last_will(self):
        port = self.mqtt
        other = subprocess.Popen([PROGRAM, "--bench-meters", "4", "--bench-endpoints", "2", "--modbus-tcp", "127.0.0.1:0", "--mqtt", f"127.0.0.1:{self.start_broker_of_its_own()}"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, other)
        while other.stdout.readline() not in ("ready\n", ""):
            pass
        self.mqtt = self.own
        self.addCleanup(setattr, self, "mqtt", port)
        self.assertEqual(self.subscribe("zigbee2mqtt/bridge/state", 1)[0][2], '{"state":"online"}')
        other.send_signal(signal.SIGKILL)
        wait_until("no last will", lambda: self.subscribe("zigbee2mqtt/bridge/state", 1)[0][2] == '{"state":"offline"}')

    def start_broker_of_its_own(self):
        self.own = self.start_broker()
        return self.own

    def test_the_bench_meters_answer_ten_values_at_every_endpoint(self):
        site = self.folder / "bench.toml"
        bench = subprocess.Popen([PROGRAM, "--bench-meters", "6", "--bench-endpoints", "3", "--modbus-tcp", "127.0.0.1:0", "--write-site", site],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, bench)
        ports = []
        for line in bench.stdout:
            if line == "ready\n":
                break
            ports.append(int(line.rsplit(":", 1)[1]))
        self.assertEqual(len(set(ports)), 3)
        self.assertEqual(site.read_text(encoding="utf-8").count('model = "generic-10"'), 6)

        def energy(port, unit):
            client = ModbusTcpClient("127.0.0.1", port=port, timeout=5)
            self.addCleanup(client.close)
            self.assertTrue(client.connect())
            registers = client.read_holding_registers(0, 20, slave=unit).registers
            self.assertEqual(len(registers), 20)
            self.assertTrue(1_200 < f32(registers[:2]) < 1_300)
            return registers[18] << 16 | registers[19]
        first = energy(ports[2], 2)
        wait_until("the counter stands still", lambda: energy(ports[0], 1) > first)


class CommandLine(unittest.TestCase):
    def run_program(self, *words):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=20, check=False)

    def test_a_wrong_scenario_is_told_with_its_place_and_status_2(self):
        with tempfile.TemporaryDirectory() as folder:
            scenario = Path(folder) / "wrong.toml"
            scenario.write_text('[[event]]\nat = "1s"\nkind = "leak"\nsensor = "b1-leek-1"\nfor = "1s"\n', encoding="utf-8")
            answer = self.run_program("--scenario", scenario, "--modbus-tcp", "127.0.0.1:0")
        self.assertEqual(answer.returncode, 2)
        self.assertIn(f"{scenario}:4:10: ", answer.stderr)

    def test_a_wrong_start_and_a_wrong_address_are_told(self):
        self.assertEqual(self.run_program("--start-at", "yesterday", "--modbus-tcp", "127.0.0.1:0").returncode, 1)
        for wrong in ("nowhere", "127.0.0.1:", "127.0.0.1:99999", "localhost:0"):
            answer = self.run_program("--modbus-tcp", wrong)
            self.assertEqual(answer.returncode, 1, wrong)
            self.assertIn(wrong, answer.stderr)

    def test_the_scenarios_of_the_demo_are_right(self):
        demo = Path(__file__).resolve().parents[2] / "demo"
        for scenario in sorted(demo.glob("*.scenario.toml")):
            with tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen([PROGRAM, "--scenario", scenario, "--modbus-rtu", Path(folder) / "line"], stdout=subprocess.PIPE, text=True)
                last = [line for line in iter(process.stdout.readline, "") if line.startswith("ready") and not process.terminate()]
                process.wait(20)
                process.stdout.close()
                self.assertEqual(last, ["ready\n"], scenario)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
