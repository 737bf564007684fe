#!/usr/bin/env bash
# Build the wheel, install it in a clean environment, and use it from / as a stranger would.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BIN/python" -m build --wheel --outdir "$work" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt "$work"/*.whl
cd /
"$work/venv/bin/curate" ls recipes | grep python-reference
"$work/venv/bin/curate" check python-reference
"$work/venv/bin/curate" ls prompts | grep question-answer
"$work/venv/bin/python" -c 'import importlib.util as u; assert not u.find_spec("torch"), "the core needs torch"'
echo "wheel: installed, found from /, bundled recipes valid"
