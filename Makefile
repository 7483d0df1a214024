# What continuous integration runs, by name. `make ci` runs all of it in a fresh virtual environment.
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: setup test test-oldest test-newest lint format types notebooks docs descriptors wheel-check ci

setup:
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet -c constraints.txt -e ".[dev,docs]"

test:
	$(PY) -m pytest -n auto

# The lowest versions that pyproject.toml allows, and the newest there are, each in an environment of its own.
# TESTS="tests/crystal tests/learn" runs a part; dates and versions go into the table of RELEASE.md.
TESTS ?=

test-oldest:
	python3 -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet uv
	.venv-oldest/bin/uv pip install --quiet --python .venv-oldest --resolution lowest-direct -e ".[dev]"
	.venv-oldest/bin/python -m pytest -n auto -W default $(TESTS)

test-newest:
	python3 -m venv --clear .venv-newest
	.venv-newest/bin/python -m pip install --quiet uv
	.venv-newest/bin/uv pip install --quiet --python .venv-newest -e ".[dev]"
	.venv-newest/bin/python -m pytest -n auto -W default $(TESTS)

lint:
	$(PY) -m ruff check
	$(PY) -m ruff format --check

format:
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

types:
	$(PY) -m mypy

notebooks:
	$(PY) notebooks/run_all.py

docs:
	$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(PY) docs/reference.py docs/_build/html

descriptors:
	$(PY) -m perovex descriptors list --format md > docs/descriptors.md

ci: setup test lint types notebooks docs

wheel-check:
	$(PY) .ci/wheel_check.py
