#!/usr/bin/python3
"""Fails when an include points against the architecture, or a vendor's header turns up in a second place.

    include_direction.py ROOT

Prints one line a problem, `file:line: what is wrong; what would be right`, and exits 1; 0 and one closing line when all is well.
Reads the text of #include lines only: what a macro or a build flag brings in is not seen.
"""
import re
import sys
from pathlib import Path

# floor -> the floors it may include from (itself always). Nothing includes from tests/.
MAY_INCLUDE = {
    "core": set(),
    "drivers": {"core"},
    "collectors": {"core", "drivers"},
    "cloud-sync": {"core"},
    "firmware-gateway": {"core", "drivers", "collectors", "cloud-sync"},
}
FLOORS = set(MAY_INCLUDE) | {"tests"}


class Vendor:
    """A library's headers: where they may be included, and in how many files there."""

    def __init__(self, name, pattern, folders, files):
        self.name, self.pattern, self.folders, self.files = name, re.compile(pattern), folders, files


VENDORS = [
    Vendor("libmodbus", r"modbus(/modbus)?(-tcp|-rtu)?\.h", ["drivers/modbus"], 1),
    Vendor("Paho", r"(mqtt/.*|MQTT(Async|Client|Properties|ReasonCodes)\.h)", ["drivers/mqtt"], 1),
    Vendor("SQLite", r"sqlite3(ext)?\.h", ["cloud-sync/store"], 99),
    Vendor("libcurl", r"curl/.*", ["cloud-sync/notify"], 1),
    Vendor("toml++", r"toml\+\+/.*|toml\.hpp", ["core"], 2),
    Vendor("Beast", r"boost/beast.*", ["cloud-sync/influx", "firmware-gateway/web"], 4),
    Vendor("CLI11", r"CLI/.*", ["firmware-gateway/app"], 1),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
SOURCE_ENDINGS = {".cpp", ".hpp", ".h", ".cc", ".ipp"}


def includes(path):
    """The (line number, header, is it quoted) of every include in a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1] or match[2], bool(match[2])


def direction_problem(floor, folder, header, quoted, root):
    """What is wrong with this include's direction, or None."""
    target = header.split("/", 1)[0]
    if "/../" in f"/{header}/":
        return f'"{header}" climbs out of its folder; include it from the root, as "floor/folder/file.hpp"'
    if target not in FLOORS:
        if quoted and (folder / header).exists():
            return f'"{header}" is named relative to the file; include it from the root, as "{(folder / header).relative_to(root)}"'
        return None
    if not quoted:
        return f'<{header}> is ours; include it as "{header}"'
    if target == floor or target in MAY_INCLUDE[floor]:
        return None
    allowed = ", ".join(sorted(MAY_INCLUDE[floor])) or "nothing else of ours"
    return f'{floor} must not know {target} ("{header}"); {floor} may include from {allowed}'


def problems(root):
    found = []
    users = {vendor.name: {} for vendor in VENDORS}
    files = 0
    for floor in MAY_INCLUDE:
        for path in sorted((root / floor).rglob("*")):
            if path.suffix not in SOURCE_ENDINGS or "node_modules" in path.parts:
                continue
            files += 1
            name = path.relative_to(root).as_posix()
            for number, header, quoted in includes(path):
                problem = direction_problem(floor, path.parent, header, quoted, root)
                if problem:
                    found.append(f"{name}:{number}: {problem}")
                for vendor in VENDORS:
                    if not vendor.pattern.fullmatch(header):
                        continue
                    if not any(name.startswith(f"{folder}/") for folder in vendor.folders):
                        found.append(f"{name}:{number}: <{header}> outside {' and '.join(vendor.folders)}; "
                                     f"ask the file there that speaks {vendor.name} to do it")
                    else:
                        users[vendor.name].setdefault(name, number)
    for vendor in VENDORS:
        names = users[vendor.name]
        if len(names) > vendor.files:
            first = sorted(names)
            found.append(f"{first[-1]}:{names[first[-1]]}: {vendor.name} is included in {len(names)} files "
                         f"({', '.join(first)}); {vendor.files} at most: let one of them serve the others")
    return found, files


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found, files = problems(Path(sys.argv[1]).resolve())
    if files == 0:
        found.append(f"{sys.argv[1]}: no source file found; give the project's root")
    for line in found:
        print(line)
    if found:
        sys.exit(1)
    print(f"{files} files, every include points the right way")


if __name__ == "__main__":
    main()
