# What continuous integration runs, by name. `make ci` runs all of it in a fresh virtual environment.
VENV ?= .venv
PY := $(VENV)/bin/python

.PHONY: setup test lint format types notebooks docs descriptors ci

setup:
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet -c constraints.txt -e ".[dev,docs]"

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
	$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(PY) docs/reference.py docs/_build/html

descriptors:
	$(PY) -m perovex descriptors list --format md > docs/descriptors.md

ci: setup test lint types notebooks docs
