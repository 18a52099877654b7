#!/usr/bin/env bash
# Runs the peers again and renews the expected values; no difference is expected.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${MORES_PEERS:-/tmp/mores-peers}
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r eval/peers/requirements.txt
fi
py=$venv/bin/python
"$py" eval/peers/cluster_expected.py
"$py" eval/peers/metrics_expected.py >eval/testdata/metrics.json
"$py" eval/peers/features_expected.py >features/testdata/expected.json
"$py" eval/peers/related_expected.py >features/testdata/related.json
git diff --stat -- cluster/testdata eval/testdata features/testdata
