#!/usr/bin/env bash
# Runs the end-to-end and crash tests against the real binaries.
#
#   tests/e2e/run.sh --binary build/release/vivace --demo build/release/vivace-demo [--crash-cycles N]
#                    [pytest arguments...]
#
# Python packages go into a virtual environment under build/venv, named after the
# hash of what is required, so that it is made once and again when a pin changes.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
binary=""
demo=""
arguments=()

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0"
}

while [[ $# -gt 0 ]]; do
  case "$1" in
    --binary|--demo|--crash-cycles)
      [[ $# -ge 2 ]] || { echo "run.sh: $1 needs a value" >&2; exit 2; }
      case "$1" in
        --binary) binary="$(realpath "$2")" ;;
        --demo) demo="$(realpath "$2")" ;;
        --crash-cycles) arguments+=("--crash-cycles=$2") ;;
      esac
      shift 2 ;;
    --help|-h) usage; exit 0 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
for pair in "binary:$binary" "demo:$demo"; do
  path="${pair#*:}"
  if [[ ! -x "$path" ]]; then
    echo "run.sh: --${pair%%:*} must name an executable, found '$path'; build it first" >&2
    exit 2
  fi
done

# Prints the virtual environment's Python, making the environment if need be.
make_venv() {
  local hash folder
  hash="$(cat "$here/requirements.txt" "$root/examples/fastapi/requirements.txt" \
    <(python3 --version) | sha256sum | cut -c1-16)"
  folder="$root/build/venv/$hash"
  mkdir -p "$root/build/venv"
  (
    flock 9
    if [[ ! -e "$folder/complete" ]]; then
      rm -rf "$folder"
      echo "run.sh: making the tests' Python environment in build/venv/$hash" >&2
      python3 -m venv "$folder"
      "$folder/bin/pip" install --quiet --disable-pip-version-check \
        -r "$here/requirements.txt" >&2
      touch "$folder/complete"
    fi
  ) 9> "$root/build/venv/lock"
  echo "$folder/bin/python"
}

python="$(make_venv)"
targets=("$here" "$root/tests/crash")
for argument in ${arguments[@]+"${arguments[@]}"}; do
  # Paths given on the command line replace the whole suite.
  if [[ "$argument" != -* && -e "${argument%%::*}" ]]; then targets=(); fi
done
export PYTHONDONTWRITEBYTECODE=1
exec "$python" -m pytest -c "$root/tests/pytest.ini" --rootdir "$root/tests" -p no:cacheprovider \
  --binary "$binary" --demo "$demo" ${targets[@]+"${targets[@]}"} \
  ${arguments[@]+"${arguments[@]}"}
