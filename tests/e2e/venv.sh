#!/usr/bin/env bash
# Prints the path of a Python that has what the end-to-end and crash tests need.
#
# Its virtual environment lies under build/venv, named after the hash of what is
# required: it is made once, and again when a pin changes.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
hash="$(cat "$here/requirements.txt" "$root/examples/fastapi/requirements.txt" \
  <(python3 --version) | sha256sum | cut -c1-16)"
folder="$root/build/venv/$hash"
mkdir -p "$root/build/venv"
(
  flock 9
  if [[ ! -e "$folder/complete" ]]; then
    rm -rf "$folder"
    echo "making the tests' Python environment in build/venv/$hash" >&2
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
      -r "$here/requirements.txt" >&2
    touch "$folder/complete"
  fi
) 9> "$root/build/venv/lock"
echo "$folder/bin/python"
