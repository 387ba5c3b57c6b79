#!/usr/bin/python3
"""Which part of the product's lines the tests of a Clang build ran; printed, never a reason to fail.

    coverage.py BUILD PROFILES      PROFILES: folder with the .profraw files that the tests left
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("core", "drivers", "collectors", "cloud-sync", "firmware-gateway")


def main():
    build, profiles = (pathlib.Path(argument) for argument in sys.argv[1:3])
    raw = sorted(profiles.glob("*.profraw"))
    if not raw:
        sys.exit(f"no profiles in {profiles}")
    merged = profiles / "all.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "--sparse", "--failure-mode=all", *raw, "-o", merged], check=True)
    programs = [path for folder in ("tests", "bin") for path in sorted((build / folder).iterdir()) if path.is_file() and os.access(path, os.X_OK)]
    objects = [word for path in programs[1:] for word in ("-object", path)]
    # Paths in the programs are relative to the source folder.
    report = subprocess.run(["llvm-cov-19", "export", "--summary-only", f"--instr-profile={merged}", "--path-equivalence=/," + str(ROOT), programs[0], *objects],
                            stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    lines = collections.Counter()
    for file in json.loads(report.stdout)["data"][0]["files"]:
        # Seen from the build folder: build/asan/core/site.cpp, for ../../core/site.cpp.
        name = pathlib.PurePath(file["filename"].removeprefix(str(ROOT)).lstrip("/"))
        folder = name.parts[2] if name.parts[0] == "build" else name.parts[0]
        if folder in FOLDERS:
            lines[folder, "all"] += file["summary"]["lines"]["count"]
            lines[folder, "run"] += file["summary"]["lines"]["covered"]
    total = sum(lines[folder, "all"] for folder in FOLDERS)
    if not total:
        sys.exit("no line of the product is in the report")
    share = {folder: 100 * lines[folder, "run"] / lines[folder, "all"] for folder in FOLDERS if lines[folder, "all"]}
    print(f"coverage: {100 * sum(lines[folder, 'run'] for folder in FOLDERS) / total:.1f} % of {total} lines ("
          + ", ".join(f"{folder} {value:.0f} %" for folder, value in share.items()) + ")")


if __name__ == "__main__":
    main()
