# Two commands matter: `make demo` and `make test`. Nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
PORT ?= 1026
DATA ?= demo-data
BIN := .venv/bin
VENDOR := src/hanze/web/portal/static/vendor
EXTRAS ?= dev,collective
# Built anew each time: uv would remember a build without npm's packages.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt --reinstall-package hanze

# Where modules are compiled anew at every start, a command takes twice as long: tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint docs bench crash clean
help:
	@echo "make demo    start a living city and a league of cities (PORT=$(PORT), DATA=$(DATA))"
	@echo "make test    run the checks and tests"
	@echo "make docs    write the reference tables in docs/ again"
	@echo "make bench   measure throughput, latency, memory and growth"
	@echo "make crash   kill a loaded node 1,000 times and compare what was acknowledged"
	@echo "make clean   remove what was installed and built"

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; PYTHON=/path/to/python names one")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv

# What runs a node, and what tests it: stamps tell whether it was installed since the last change.
.venv/.installed-run: .venv/bin/uv pyproject.toml constraints.txt $(wildcard hatch_build.py package-lock.json)
	$(INSTALL) -e '.[collective,reports]'
	@test -d $(VENDOR) || echo "The pages are built without npm's packages: maps are drawn and do not move. With npm there, make clean and make demo add them."
	@touch $@

.venv/.installed-$(EXTRAS): .venv/bin/uv pyproject.toml constraints.txt $(wildcard hatch_build.py package-lock.json)
	$(INSTALL) -e '.[$(EXTRAS)]'
	@touch $@ .venv/.installed-run

demo: .venv/.installed-run
	$(BIN)/hanze demo --data $(DATA) --port $(PORT)

lint: .venv/.installed-$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 -m 'not slow'

docs: .venv/.installed-$(EXTRAS)
	$(BIN)/python docs/generate.py

bench: .venv/.installed-$(EXTRAS)
	$(BIN)/python bench/run.py
	$(BIN)/python bench/import_ndw.py
	$(BIN)/python bench/history.py
	$(BIN)/python bench/matching.py
	$(BIN)/python bench/ranking.py
	$(BIN)/python bench/programme.py
	$(BIN)/python bench/schedule.py
	$(BIN)/python bench/collective.py
	$(BIN)/python bench/subscriptions.py
	$(BIN)/python bench/notifications.py
	$(BIN)/python bench/registrations.py
	$(BIN)/python bench/federation.py
	$(BIN)/python bench/decisions.py
	$(BIN)/python bench/reads.py
	$(BIN)/python bench/log.py
	$(BIN)/python bench/emergency.py

crash: .venv/.installed-$(EXTRAS)
	HANZE_CRASHES=1000 $(BIN)/pytest -m slow tests/crash

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
