#!/usr/bin/env bash
# Executes every notebook and fails on an error, a panic or a failed check inside
# a cell: a panic in a GoNB cell leaves nbconvert at exit 0, so the outputs are read.
# Skips with its reason where Jupyter is absent, unless MORES_REQUIRE_DATA=1.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
if ! command -v jupyter >/dev/null; then
  echo "notebooks skipped: no jupyter on PATH (pip install -r notebooks/requirements.txt)"
  [ "${MORES_REQUIRE_DATA:-}" != 1 ]
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$work/bin
(cd internal/tools/gonb && go build -o "$bin/gonb" github.com/janpfeifer/gonb && go build -o "$bin/goimports" golang.org/x/tools/cmd/goimports)
go build -o "$bin/mores" ./cmd/mores
export PATH=$bin:$PATH JUPYTER_DATA_DIR=$work/jupyter MORES_ROOT=$root
# goimports is all that the kernel needs here; gopls is only for completion.
gonb --install --force_deps --logtostderr=false >/dev/null
for nb in notebooks/[0-9]*.ipynb; do
  name=$(basename "$nb" .ipynb)
  echo "notebook $name"
  jupyter nbconvert --to notebook --execute --ExecutePreprocessor.timeout=600 \
    --output-dir "$work" --output "$name.ipynb" "$nb" >"$work/$name.log" 2>&1 || { tail -40 "$work/$name.log"; exit 1; }
  python3 notebooks/verify.py "$work/$name.ipynb"
done
