#!/usr/bin/env bash
# The web UI's own checks: types, lint, unit and property tests. $1: where the JUnit file goes.
set -euo pipefail
junit=$(realpath -m "$1")
cd "$(dirname "$0")/../web"
[ -d node_modules ] || npm ci --ignore-scripts --silent --no-audit --no-fund
npm run --silent typecheck
npm run --silent lint
npm test --silent -- --run --reporter=default --reporter=junit --outputFile.junit="$junit"
