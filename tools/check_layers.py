#!/usr/bin/env python3
"""Checks that a module includes only itself and modules above it, as its DEPS say.

Order and DEPS come from src/*/CMakeLists.txt; tests may also use TEST_DEPS. Heavy headers are held to
the few files that may include them.
"""

import pathlib
import re
import subprocess
import sys

ORDER = ["base", "model", "net", "wal", "columnar", "traceql", "otlp", "block", "storage", "query",
         "tracing", "receivers", "api", "app"]

# Heavy third-party headers: pattern -> how many translation units may include it.
HEAVY = {
    r"<boost/beast": 4,
    r"<boost/asio": 8,
    r"<CLI/": 3,
    r"<yaml-cpp/": 2,
    r"<simdjson": 2,
}
FORBIDDEN = [r"<regex>", r"<iostream>"]


def words(text: str, key: str) -> set[str]:
    keys = r"NAME|DEPS|LIBS|PRIVATE_LIBS|SOURCES|HEADERS|TESTS|TEST_DEPS|TEST_LIBS|FUZZ"
    match = re.search(rf"\b{key}\b(.*?)(?=\b(?:{keys})\b|\))", text, re.DOTALL)
    return set(re.findall(r"vivace::(\w+)", match.group(1))) if match else set()


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    errors = []
    deps: dict[str, set[str]] = {}
    test_deps: dict[str, set[str]] = {}
    for module in sorted(p.name for p in (root / "src").iterdir() if p.is_dir()):
        if module not in ORDER:
            errors.append(f"src/{module}: not in the order of tools/check_layers.py")
            continue
        cmake = root / "src" / module / "CMakeLists.txt"
        if not cmake.exists():
            continue
        text = cmake.read_text()
        deps[module] = words(text, "DEPS")
        test_deps[module] = words(text, "TEST_DEPS")
        for dep in deps[module]:
            if dep not in ORDER or ORDER.index(dep) >= ORDER.index(module):
                errors.append(f"src/{module}: depends on {dep}, which does not stand above it")

    def reachable(module: str) -> set[str]:
        seen, todo = set(), [module]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo.extend(deps.get(current, set()))
        return seen

    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src/*.h", "src/*.cc"],
                           cwd=root, capture_output=True, text=True, check=True).stdout.split()
    heavy_users: dict[str, set[str]] = {pattern: set() for pattern in HEAVY}
    for name in files:
        if not (root / name).exists():
            continue
        module = name.split("/")[1]
        source = (root / name).read_text()
        allowed = reachable(module)
        if re.search(r"_(test|bench|fuzz)\.cc$", name) or "test" in pathlib.Path(name).stem:
            for extra in test_deps.get(module, set()):
                allowed |= reachable(extra)
        for used in re.findall(r'^#include "(\w+)/', source, re.MULTILINE):
            if used not in allowed:
                errors.append(f"{name}: includes {used}/, which is not among the DEPS of {module}")
        for pattern in HEAVY:
            if re.search(rf"#include {pattern}", source):
                heavy_users[pattern].add(name)
        for pattern in FORBIDDEN:
            if re.search(rf"#include {pattern}", source):
                errors.append(f"{name}: includes {pattern}, which we do not use")
        if name.endswith(".h") and "#pragma once" not in source:
            errors.append(f"{name}: no #pragma once")
    for pattern, users in heavy_users.items():
        if len(users) > HEAVY[pattern]:
            errors.append(f"{pattern} in {len(users)} files, at most {HEAVY[pattern]}: {sorted(users)}")
        for user in users:
            if user.endswith(".h") and pattern != r"<boost/asio":
                errors.append(f"{user}: {pattern} belongs into a .cc file")
    for error in errors:
        print(error, file=sys.stderr)
    print(f"layers: {len(files)} files, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
