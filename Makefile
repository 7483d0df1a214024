# What continuous integration runs, by name. `make ci` runs all of it in a fresh virtual environment.
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: setup test lint format types notebooks docs ci

setup:
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet -c constraints.txt -e ".[dev]"

test:
	$(PY) -m pytest -n auto

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
	$(PY) -m perovex descriptors list --format md > docs/descriptors.md

ci: setup test lint types notebooks
