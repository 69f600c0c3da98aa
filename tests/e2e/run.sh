#!/usr/bin/env bash
# Runs the end-to-end tests against the real programs.
#
#   tests/e2e/run.sh --binary build/release/vivace --demo build/release/vivace-demo
#                    [--junit FILE] [pytest arguments...]
#
# Paths among the arguments replace the whole suite.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
binary=""
demo=""
targets=("$here" "$root/tests/crash/test_ledger.py")
arguments=()

while [[ $# -gt 0 ]]; do
  case "$1" in
    --binary|--demo|--junit)
      [[ $# -ge 2 ]] || { echo "run.sh: $1 needs a value" >&2; exit 2; }
      case "$1" in
        --binary) binary="$2" ;;
        --demo) demo="$2" ;;
        --junit) arguments+=("--junitxml=$(realpath -m "$2")") ;;
      esac
      shift 2 ;;
    --help|-h) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *)
      if [[ "$1" != -* && -e "${1%%::*}" ]]; then targets=(); fi
      arguments+=("$1")
      shift ;;
  esac
done
for pair in "binary:$binary" "demo:$demo"; do
  if [[ ! -x "${pair#*:}" ]]; then
    echo "run.sh: --${pair%%:*} must name a program, found '${pair#*:}'; build it first" >&2
    exit 2
  fi
done

python="$("$here/venv.sh")"
export PYTHONDONTWRITEBYTECODE=1
exec "$python" -m pytest -c "$root/tests/pytest.ini" --rootdir "$root/tests" -p no:cacheprovider \
  --binary "$(realpath "$binary")" --demo "$(realpath "$demo")" \
  ${targets[@]+"${targets[@]}"} ${arguments[@]+"${arguments[@]}"}
