# `make check` and `make test` work on a fresh machine: both make .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.treeguard-ready

.PHONY: check test test-all-pythons test-lowest-versions fuzz lint docs clean

check: $(READY)  ## This repository against its own policy.toml
	$(BIN)/python -I -m treeguard check --all

test: $(READY)  ## Every test
	$(BIN)/python -m pytest -q -n auto --dist loadfile

fuzz: $(READY)  ## Mutated inputs for a minute (FUZZ="--seconds 600 policy" for more)
	$(BIN)/python -m tests.fuzz $(FUZZ)

lint: $(READY)  ## Run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

docs: $(READY)  ## Write real output to the documents, and redraw their pictures
	$(BIN)/python -m tests.support.documents

test-all-pythons:  ## Every test on every Python from 3.10 to 3.13 of this machine
	.ci/all-pythons

test-lowest-versions: $(READY)  ## Tests with the lowest versions of the libraries that we allow
	.ci/lowest-versions

$(READY): pyproject.toml setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist hooks/treeguard.egg-info
