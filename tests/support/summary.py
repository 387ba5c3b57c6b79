#!/usr/bin/python3
"""Adds up what the stages of `./dev test` did.

    summary.py REPORTS STAGE:STATUS:SECONDS ...

REPORTS/STAGE/ holds ctest's JUnit file (ctest.xml), beside it an XML file of each GoogleTest program, or results.tap of the browser
tests. Prints a line a stage, the name of everything that failed, and last `N passed, N failed[, N skipped]`. Exits 1 if anything
failed, or if nothing ran; a stage that ended badly without a failed test (it did not compile, say) counts as one failure.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def googletest(path):
    """(passed, skipped, names of failed) of one GoogleTest report."""
    passed, skipped, failed = 0, 0, []
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None:
            failed.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.get("result") == "completed":
            passed += 1
        else:
            skipped += case.get("result") == "skipped"
    return passed, skipped, failed


def ctest(folder):
    """The same of a ctest run: a GoogleTest program counts its test cases, any other test is one."""
    passed, skipped, failed = 0, 0, []
    for test in ElementTree.parse(folder / "ctest.xml").iter("testcase"):
        name, status = test.get("name"), test.get("status")
        report = folder / f"{name}.xml"
        own_failures = []
        if report.exists():
            own_passed, own_skipped, own_failures = googletest(report)
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


def tap(path):
    """The same of TAP as Node's test runner writes it."""
    text = path.read_text(encoding="utf-8")

    def count(word):
        return sum(int(number) for number in re.findall(rf"^# {word} (\d+)$", text, re.MULTILINE))

    failed = [name.strip() for name in re.findall(r"^\s*not ok \d+ - (.*)$", text, re.MULTILINE)]
    failures = count("fail") + count("cancelled")
    return count("pass"), count("skipped"), failed[:failures] + ["?"] * (failures - len(failed))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    reports = Path(sys.argv[1])
    total = [0, 0, 0]
    names = []
    print(f"{'stage':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for stage in sys.argv[2:]:
        stage, status, seconds = stage.split(":")
        passed, skipped, failed = 0, 0, []
        folder = reports / stage
        if (folder / "ctest.xml").exists():
            passed, skipped, failed = ctest(folder)
        elif (folder / "results.tap").exists():
            passed, skipped, failed = tap(folder / "results.tap")
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
