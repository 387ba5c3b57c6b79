#!/usr/bin/python3
"""Adds up what the stages of `./dev test` did.

    summary.py REPORTS STAGE:STATUS:SECONDS ...

REPORTS/STAGE/ holds ctest's JUnit file (ctest.xml) and beside it an XML file of each GoogleTest program; or results.xml, a JUnit file;
or output.txt, whose last such line counts. Prints a line a stage, the name of everything that failed, and last `N passed, N failed[, N skipped]`. Exits 1 if anything
failed, or if nothing ran; a stage that ended badly without a failed test (it did not compile, say), or well without having counted anything, is one failure.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def junit(path):
    """(passed, skipped, names of failed) of one report, as GoogleTest and Vitest write it."""
    passed, skipped, failed = 0, 0, []
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            skipped += 1
        elif case.get("result", "completed") == "completed":
            passed += 1
    return passed, skipped, failed


def ctest(folder):
    """The same of a ctest run: a GoogleTest program counts its test cases, any other test is one."""
    passed, skipped, failed = 0, 0, []
    for test in ElementTree.parse(folder / "ctest.xml").iter("testcase"):
        name, status = test.get("name"), test.get("status")
        report = folder / f"{name}.xml"
        own_failures = []
        if report.exists():
            own_passed, own_skipped, own_failures = junit(report)
            passed += own_passed
            skipped += own_skipped
            failed += own_failures
        if status == "run":
            passed += not report.exists()
        elif status == "disabled":
            skipped += 1
        elif not own_failures:
            failed.append(name if status == "fail" else f"{name} ({status})")  # crashed, timed out, a sanitizer's verdict at exit
    return passed, skipped, failed


def closing_line(path):
    """The same of anything that ends with `N passed, N failed[, N skipped]`; names are in its own output. None: it does not."""
    found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        return None
    passed, failed, skipped = (int(number or 0) for number in found[-1])
    return passed, skipped, ["see above"] * failed


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    reports = Path(sys.argv[1])
    total = [0, 0, 0]
    names = []
    print(f"{'stage':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for stage in sys.argv[2:]:
        stage, status, seconds = stage.split(":")
        counted = None
        folder = reports / stage
        if (folder / "ctest.xml").exists():
            counted = ctest(folder)
        elif (folder / "results.xml").exists():
            counted = junit(folder / "results.xml")
        elif (folder / "output.txt").exists():
            counted = closing_line(folder / "output.txt")
        passed, skipped, failed = counted or (0, 0, [])
        if status == "0" and counted is None:
            failed = ["it says that all is well, and not what it did"]
        if status != "0" and not failed:
            failed = [f"the stage itself, exit status {status}"]
        print(f"{stage:<10}{passed:>8}{len(failed):>8}{skipped:>9}{seconds:>9}")
        names += [f"{stage}: {name}" for name in failed]
        total[0] += passed
        total[1] += len(failed)
        total[2] += skipped
    if not total[0] and not total[1]:
        names, total[1] = ["no test ran"], 1
    for name in names:
        print(f"FAILED  {name}")
    print(f"\n{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    sys.exit(1 if total[1] else 0)


if __name__ == "__main__":
    main()
