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
# These write their files themselves; the others of package cluster read what the first wrote.
for part in cluster gmm kmedoids minibatch pca; do
  "$py" "eval/peers/${part}_expected.py"
done
# expected SCRIPT FILE: a script that fails leaves the file as it was.
expected() {
  "$py" "eval/peers/$1_expected.py" >"$2.new" || { rm -f "$2.new"; echo "eval/peers/$1_expected.py failed" >&2; return 1; }
  mv "$2.new" "$2"
}
for part in metrics predictive friedman; do
  expected $part eval/testdata/$part.json
done
for part in graph kprototypes; do
  expected $part cluster/testdata/$part.json
done
expected features features/testdata/expected.json
for part in btyd describe journey occasions process related themes; do
  expected $part features/testdata/$part.json
done
if [ -n "${MORES_DATA:-}" ]; then
  expected logit features/testdata/logit.json
else
  echo "logit_expected.py is left out: it reads the panels of bayesm under MORES_DATA"
fi
git diff --stat -- cluster/testdata eval/testdata features/testdata
