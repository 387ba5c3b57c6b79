#!/usr/bin/python3
"""Ten meters as Debian's pymodbus sees them: registers worked out by hand from the meters' tables, a unit id each.

    pymodbus_server.py tcp PORT | rtu DEVICE

1 Eastron SDM630, 2 CHINT DTSU666, 3 ABB B23, 4 Kaifeng Xintai, 5 Arad Octave, 6 Acrel ADL3000-E,
7 Carlo Gavazzi EM24, 8 Siemens PAC2200, 9 Schneider iEM3155, 10 Peacefair PZEM-004T. Each shows 1234.5 kWh or m3; the electricity meters 1234.5 W (6: 1234, 9: 1250), the
Kaifeng meter 0.545 m3/h (its maker's own check vector)."""
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


def registers(values):
    """A block from 0 to the highest address, with the values where they belong."""
    block = [0] * (max(values) + 0x100)
    for address, words in values.items():
        block[address:address + len(words)] = words
    return ModbusSequentialDataBlock(0, block)


def unit(holding=None, inputs=None):
    return ModbusSlaveContext(hr=registers(holding or {0: [0]}), ir=registers(inputs or {0: [0]}), zero_mode=True)


F1234_5 = [0x449A, 0x5000]  # 1234.5 as a 32-bit float
UNITS = {
    1: unit(inputs={0x0000: [0x4366, 0x8000], 0x0034: F1234_5, 0x0048: F1234_5}),  # 230.5 V
    2: unit(holding={0x2012: [0x4640, 0xE400], 0x101E: F1234_5}),  # 12345.0, in tenths of a watt
    3: unit(holding={0x5B14: [0x0001, 0xE23A], 0x5000: [0, 0, 0x0001, 0xE23A]}),  # 123450 hundredths
    4: unit(holding={0x0001: [0x0050, 0x9A44], 0x0005: [0x1E85, 0x0B3F]}),  # low byte first
    5: unit(inputs={0x0036: [0x0012, 0xD644]}),  # 1234500 litres
    # 1234 W, 1234.50 kWh in hundredths, 230.5 V in tenths
    6: unit(holding={0x006A: [0x04D2], 0x000A: [0x0001, 0xE23A], 0x0061: [0x0901]}),
    7: unit(inputs={0x0028: [0x3039, 0], 0x0042: [0x3039, 0], 0x0000: [0x0901, 0]}),  # tenths, low word first
    8: unit(holding={65: F1234_5, 801: [0x4132, 0xD644, 0, 0]}),  # 1234500 Wh as a 64-bit float
    9: unit(holding={0x0BF3: [0x3FA0, 0], 0x0C83: [0, 0, 0x0012, 0xD644]}),  # 1.25 kW, 1234500 Wh
    10: unit(inputs={0: [0x0901], 3: [0x3039, 0], 5: [0xD644, 0x0012]}),  # low word first
}

context = ModbusServerContext(slaves=UNITS, single=False)
if sys.argv[1] == "tcp":
    StartTcpServer(context=context, address=("127.0.0.1", int(sys.argv[2])))
else:
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=19200, timeout=0.02)
