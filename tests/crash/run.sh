#!/usr/bin/env bash
# Kills the server in the middle of load, again and again, and looks for what is lost.
#
#   tests/crash/run.sh --binary build/release/vivace [--cycles 50] [--seed N] [--junit FILE]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
binary=""
arguments=()

while [[ $# -gt 0 ]]; do
  case "$1" in
    --binary|--cycles|--seed|--junit)
      [[ $# -ge 2 ]] || { echo "run.sh: $1 needs a value" >&2; exit 2; }
      case "$1" in
        --binary) binary="$2" ;;
        --cycles) arguments+=("--crash-cycles=$2") ;;
        --seed) arguments+=("--crash-seed=$2") ;;
        --junit) arguments+=("--junitxml=$(realpath -m "$2")") ;;
      esac
      shift 2 ;;
    --help|-h) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "run.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
  esac
done
if [[ ! -x "$binary" ]]; then
  echo "run.sh: --binary must name a program, found '$binary'; build it first" >&2
  exit 2
fi

python="$("$here/../e2e/venv.sh")"
export PYTHONDONTWRITEBYTECODE=1
exec "$python" -m pytest -c "$root/tests/pytest.ini" --rootdir "$root/tests" -p no:cacheprovider \
  --binary "$(realpath "$binary")" "$here/kill_test.py" ${arguments[@]+"${arguments[@]}"}
