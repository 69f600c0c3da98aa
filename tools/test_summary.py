#!/usr/bin/env python3
"""Sums up a test run: every step's outcome, and how many tests passed and failed.

Reads what `./dev test` left in a results folder: steps.txt (name, outcome, seconds), and for each step
NAME.log and a folder NAME/ with JUnit files (ctest, GoogleTest, pytest, vitest). A step without JUnit
files counts by the line "N passed, N failed" of its log, else as one test. The last line printed is
"N passed, N failed"; the exit code is 1 if anything failed or nothing ran.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CTEST_FILE = "ctest.xml"


def outcomes(path: pathlib.Path) -> list[tuple[str, bool]]:
    found = []
    for case in ElementTree.parse(path).iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        # A test that did not run proved nothing.
        skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "fail", "disabled")
        found.append((case.get("name", ""), not bad and not skipped))
    return found


def count_files(folder: pathlib.Path) -> tuple[int, int]:
    """Counts the JUnit files of one step; a ctest entry counts by its GoogleTest file if it has one."""
    files = sorted(folder.rglob("*.xml"))
    programs = {path.stem for path in files}
    passed = failed = 0
    for path in files:
        for name, ok in outcomes(path):
            if path.name == CTEST_FILE and ok and f"vivace_{name}_test" in programs:
                continue
            passed, failed = passed + ok, failed + (not ok)
    return passed, failed


def count_step(folder: pathlib.Path, name: str, outcome: str) -> tuple[int, int]:
    passed, failed = count_files(folder / name)
    if passed + failed == 0:
        log = (folder / f"{name}.log").read_text(errors="replace")
        plain = re.findall(r"^(\d+) passed, (\d+) failed$", log, re.MULTILINE)
        if plain:
            passed, failed = int(plain[-1][0]), int(plain[-1][1])
        elif outcome == "passed":
            passed = 1
    if outcome == "failed" and failed == 0:
        failed = 1
    return passed, failed


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    passed = failed = 0
    for line in (folder / "steps.txt").read_text().splitlines():
        name, outcome, seconds = line.split()
        p, f = count_step(folder, name, outcome)
        print(f"{outcome:6} {name:14} {seconds:>5} s   {p} passed, {f} failed")
        passed, failed = passed + p, failed + f
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
