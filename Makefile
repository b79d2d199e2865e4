# `make demo` and `make test` each set everything up the first time; afterwards they start at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench clean

demo: $(READY)
	$(BIN)/mattebridge demo --out demo

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin --no-tips --violations -t=3.9- --eval-annotations bridge host_adapters

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

# Installed again when what it depends on changes.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Mattebridge needs Python 3.10 or newer here; say: make PYTHON=python3.11 ...") if sys.version_info < (3, 10) else None'
	@echo "setting up $(VENV), which takes a minute or a few"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) demo
