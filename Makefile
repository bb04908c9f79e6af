# What there is to do with Guildhall; the README says when. Works with GNU make and with the make of macOS.
PYTHON ?= python3
PORT ?= 8000
DATA ?= var
EMPTY ?=
QUICK ?=
MESSAGE ?=

BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup run test lint audit check bench bench-pages bench-search bench-registry bench-alliances bench-notices bench-backup bench-live screenshots migration upgrade clean

help:
	@echo "make run          bring up the site (PORT=8000 DATA=var EMPTY=1)"
	@echo "make test         the whole test suite"
	@echo "make lint         style, types and floors"
	@echo "make audit        known faults of dependencies, where the network allows"
	@echo "make check        the same and the quick tests"
	@echo "make bench        measure pages, search, registry, alliances, notices, backup (QUICK=1: shorter; bench-pages, -search …: one)"
	@echo "make screenshots  draw every page type into docs/screenshots"
	@echo "make migration    write the migration for changed models (MESSAGE='what changed')"
	@echo "make upgrade      bring the schema in DATA to the newest version"
	@echo "make setup        only make the environment"

setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Guildhall needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

run: $(STAMP)
	@GUILDHALL_DATA="$(DATA)" exec $(BIN)/guildhall up --port $(PORT) $(if $(EMPTY),--empty)

# The tests start hundreds of processes: each shall find compiled what the first one compiled, whatever the shell says.
test: $(STAMP)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(STAMP)
	$(BIN)/python .ci/audit.py

check: lint
	$(BIN)/python -m pytest -q -n 2 tests/unit tests/house --ignore=tests/house/test_walk.py

bench: bench-pages bench-search bench-registry bench-alliances bench-notices bench-backup bench-live

bench-pages: $(STAMP)
	$(BIN)/python -m bench $(if $(QUICK),--quick)

bench-search: $(STAMP)
	$(BIN)/python -m bench.search $(if $(QUICK),--quick)

bench-registry: $(STAMP)
	$(BIN)/python -m bench.registry $(if $(QUICK),--quick)
	$(BIN)/python -m bench.hashing

bench-alliances: $(STAMP)
	$(BIN)/python -m bench.alliances $(if $(QUICK),--quick)
	$(BIN)/python -m bench.counting $(if $(QUICK),--quick)

bench-notices: $(STAMP)
	$(BIN)/python -m bench.notices $(if $(QUICK),--quick)

bench-backup: $(STAMP)
	$(BIN)/python -m bench.backup $(if $(QUICK),--quick)

bench-live: $(STAMP)
	$(BIN)/python -m bench.live $(if $(QUICK),--quick)
	$(BIN)/python -m bench.live --streams

screenshots: $(STAMP)
	$(BIN)/python -m docs.screenshots

migration: $(STAMP)
	@GUILDHALL_DATA="$(DATA)" $(BIN)/guildhall db migrate -m "$(MESSAGE)"

upgrade: $(STAMP)
	@GUILDHALL_DATA="$(DATA)" $(BIN)/guildhall db upgrade

clean:
	rm -rf .venv build guildhall.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
