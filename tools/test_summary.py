#!/usr/bin/env python3
"""Sums up a test run: every step's outcome, and how many tests passed and failed.

Reads what `./dev test` left in a results folder: steps.txt (name, outcome, seconds), JUnit files of
ctest, pytest and vitest, and GoogleTest's own files. The last line printed is "N passed, N failed";
the exit code is 1 if anything failed or nothing ran.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def count_cases(path: pathlib.Path) -> tuple[int, int]:
    passed = failed = 0
    for case in ElementTree.parse(path).iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        not_run = case.get("status") in ("notrun", "fail") or case.find("skipped") is not None
        if bad or not_run:  # A test that was skipped did not prove anything.
            failed += 1
        else:
            passed += 1
    return passed, failed


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    passed = failed = 0
    with_cases = set()
    for path in sorted(folder.rglob("*.xml")):
        # A ctest entry that is a GoogleTest program is counted by its own file.
        p, f = count_cases(path)
        print(f"   {path.relative_to(folder)}: {p} passed, {f} failed")
        passed, failed = passed + p, failed + f
        with_cases.add(path.name)
    for line in (folder / "steps.txt").read_text().splitlines():
        name, outcome, seconds = line.split()
        log = (folder / f"{name}.log").read_text(errors="replace")
        # Drivers without a JUnit file end with the plain line themselves.
        plain = re.findall(r"^(\d+) passed, (\d+) failed$", log, re.MULTILINE)
        if plain:
            p, f = int(plain[-1][0]), int(plain[-1][1])
        else:
            p, f = (1, 0) if outcome == "passed" else (0, 1)
        if outcome == "failed" and f == 0:
            f = 1
        print(f"   {name}: {outcome} in {seconds} s")
        passed, failed = passed + p, failed + f
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
