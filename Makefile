# Every target does its own set-up, from nothing but Python 3.11; `make` alone lists the targets.

# A virtual environment that happens to be active is not ours.
unexport VIRTUAL_ENV
unexport PYTHONHOME
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

BASE := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BOOTSTRAP = $(or $(BASE),$(error Antiphon needs Python 3.11 or newer, and there is none on the PATH)) scripts/bootstrap.py
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench conformance pages clean

help: ## list the targets
	@echo "make TARGET [ARGS='...']"
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install everything that the other targets need
	@$(BOOTSTRAP) packages pages sdks browser

demo: ## start the demo on http://127.0.0.1:8000
	@$(BOOTSTRAP) packages pages
	@$(BIN)/antiphon demo $(ARGS)

test: setup ## run every test
	@$(BIN)/python -m pytest $(ARGS)

lint: ## check style, types and the layers
	@$(BOOTSTRAP) packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PATH="$(BIN):$$PATH" $(BIN)/lint-imports

format: ## bring the Python files into the house style
	@$(BOOTSTRAP) packages
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: ## measure, and print the table of results
	@$(BOOTSTRAP) packages
	@$(BIN)/python -m bench $(ARGS)

conformance: ## run the Autobahn suite (needs a Python 2.7)
	@$(BOOTSTRAP) packages
	@$(BIN)/python -m tests.conformance $(ARGS)

pages: ## build the pages in web/
	@$(BOOTSTRAP) packages pages

clean: ## remove everything that set-up and tools have made
	rm -rf .venv web/node_modules tests/*/js/node_modules tests/*/*/js/node_modules src/antiphon/pages dist build .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench examples scripts -name __pycache__ -prune -exec rm -rf {} +
