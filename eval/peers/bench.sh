#!/usr/bin/env bash
# Measures mores against its peers: makes the environments and the sets, then runs
# bench.py with the options given (--all without any) and goes on where it stopped.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${MORES_PEERS:-/tmp/mores-peers}
environment() { # FOLDER REQUIREMENTS
  [ -x "$1/bin/python" ] || python3 -m venv "$1"
  "$1/bin/pip" install -q --disable-pip-version-check -r "eval/peers/$2"
}
environment "$venv" requirements-bench.txt
environment "$venv-intelex" requirements-intelex.txt
export PYTHONDONTWRITEBYTECODE=1 MORES_PEERS_INTELEX=$venv-intelex/bin/python
[ $# -gt 0 ] || set -- --all
exec "$venv/bin/python" eval/peers/bench.py "$@"
