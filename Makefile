# Every way of building, checking and running this project. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
N ?= 200
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
PIP_TOOLS := pip-tools==7.6.2
PARTS := lint types imports tidy

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo check test soak bench bench-models lock clean $(PARTS) docs screenshots

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv with everything in requirements.lock, and psizero itself

$(STAMP): pyproject.toml requirements.lock
	@echo "setup: .venv from requirements.lock"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## ninety days of a synthetic company, and a first look (three to six minutes)
	@$(BIN)/psizero demo

check: setup ## style, types, directions of imports, and the style guide as a test
	@$(MAKE) --no-print-directory -k -j2 -Otarget $(PARTS)

lint: setup
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --check .; exit 1; }
	@echo "lint: ok"

types: setup
	@$(BIN)/mypy --no-error-summary src
	@echo "types: ok"

imports: setup
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@echo "imports: ok"

tidy: setup
	@$(BIN)/python -m pytest tests/tidy.py

test: setup ## every test but the long ones, on two processes
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/soak tests src

soak: setup ## the long tests: N rounds (200), from SEED (drawn and printed)
	@echo "soak: N=$(N) SEED=$(SEED)"
	@PSIZERO_SOAK_N=$(N) PSIZERO_SOAK_SEED=$(SEED) \
		$(BIN)/python -m pytest --hypothesis-seed=$(SEED) tests/soak

bench: setup ## measure the budgets, beside the raw engine
	@$(BIN)/python -m benchmarks.run

bench-models: setup ## our models beside plain baselines, on the public sets in PSIZERO_DATA
	@$(BIN)/python -m benchmarks.models.run

screenshots: setup ## pictures of the console for docs/images (flies a twin where ./demo is none)
	@mkdir -p build
	@test -f demo/house.duckdb || SERVE=0 $(BIN)/psizero demo > build/screenshots.log
	@$(BIN)/python -m tests.console.pictures demo docs/images

docs: setup ## write what programs write in docs and README.md anew
	@$(BIN)/python -m psizero.cli.docs

lock: ## pin everything in requirements.lock anew (UPGRADE=1: to the newest allowed)
	@test -x build/lock/bin/pip-compile || $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install -qq '$(PIP_TOOLS)'
	@CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --extra dev \
		--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --generate-hashes $(if $(UPGRADE),--upgrade) \
		--output-file requirements.lock pyproject.toml
	@echo "lock: requirements.lock has $$(grep -c '==' requirements.lock) packages"

clean: ## remove .venv and everything else that was made here
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@rm -rf .import_linter_cache src/psizero.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
