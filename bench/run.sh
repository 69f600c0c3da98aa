#!/usr/bin/env bash
# The benchmarks behind docs/performance.md. --smoke: seconds instead of minutes, to see that they run.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 bench/ingest.py --server build/release/vivace --load build/release/vivace-bench-load "$@"
