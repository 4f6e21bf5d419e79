#!/bin/sh
# Renew requirements.lock: every pin with its hashes, for Linux and macOS and each Python from 3.11 on.
#
#     config/renew-lock.sh                                  keep every version that pyproject.toml still allows
#     config/renew-lock.sh --upgrade                        take the newest versions
#
# PyTorch's CPU build must be available: add --torch-backend cpu, or --find-links with the folder of its wheel. Its pin
# is in a comment and has no hash, since each index has another build (CPU, CUDA); see bot/bootstrap.py.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^# torch==\([0-9.]*\).*/\1/p' requirements.lock)
constraint=$(mktemp)
trap 'rm -f "$constraint"' EXIT
echo "torch==$version+cpu" >"$constraint"
.venv/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
    --no-emit-package torch --no-emit-index-url --no-emit-find-links --no-header --annotation-style line \
    --constraint "$constraint" --output-file requirements.lock --quiet "$@"
echo "# torch==$version" >>requirements.lock
