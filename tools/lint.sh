#!/usr/bin/env bash
# Formatting, layer order, shell and Python syntax; with `full` also clang-tidy over every source.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
git ls-files '*.cc' '*.h' | xargs clang-format-16 --dry-run --Werror || failed=1
python3 tools/check_layers.py || failed=1
git ls-files '*.sh' dev .ci/run | xargs -n1 bash -n || failed=1
git ls-files '*.py' | xargs python3 -m py_compile || failed=1
if [ "${1:-quick}" = full ]; then
  [ -f build/clang/compile_commands.json ] || cmake --preset clang >/dev/null
  git ls-files 'src/*.cc' 'demo/*.cc' 'bench/*.cc' | grep -v -e '_fuzz\.cc$' |
    xargs -P2 -n4 clang-tidy-16 -p build/clang --quiet || failed=1
fi
exit "$failed"
