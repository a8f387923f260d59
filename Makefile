# Two commands matter: `make demo` and `make test`. Nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
PORT ?= 1026
DATA ?= demo-data
BIN := .venv/bin
EXTRAS ?= dev
STAMP := .venv/.installed-$(EXTRAS)

.PHONY: help demo test lint bench crash clean
help:
	@echo "make demo    start a node with a living city in it (PORT=$(PORT), DATA=$(DATA))"
	@echo "make test    run the checks and tests"
	@echo "make bench   measure throughput, latency, memory and growth"
	@echo "make crash   kill a loaded node 1,000 times and compare what was acknowledged"
	@echo "make clean   remove what was installed and built"

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv

$(STAMP): .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

.venv/.installed-run: .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e .
	@touch $@

demo: .venv/.installed-run
	$(BIN)/hanze demo --data $(DATA) --port $(PORT)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 -m 'not slow'

bench: $(STAMP)
	$(BIN)/python bench/run.py

crash: $(STAMP)
	HANZE_CRASHES=1000 $(BIN)/pytest -m slow tests/crash

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
