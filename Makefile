# Everything starts here; `make help` lists it. All of it works on a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup brief serve test test-fast soak check format models clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## Make the virtual environment and install everything

# torch first and alone: with the others it would be resolved to a CUDA build.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "pip==26.1"
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable . --group test --group check --group benchmark
	touch $@

models: $(STAMP)  ## Fetch and verify the models
	$(BIN)/newsbrief models pull
	$(BIN)/newsbrief models verify

brief: $(STAMP)  ## Brief the sample articles in seeds/ and print it with its citations
	$(BIN)/newsbrief brief seeds

serve: $(STAMP)  ## Start Valkey, a worker and the API on port 8000
	$(BIN)/newsbrief serve

test: check models  ## Set up everything, check the code and run the whole suite
	$(BIN)/pytest

test-fast: $(STAMP)  ## Run what needs no models, no browser and no long wait: under 90 seconds
	$(BIN)/pytest -m "not models and not browser and not slow"

soak: $(STAMP)  ## Load the service for minutes, kill its workers again and again, and tell figures
	$(BIN)/pytest -m soak -s tests/faults

check: $(STAMP)  ## Format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(STAMP)  ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove the virtual environment and all caches of the tools
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
