# make demo   the main job on the bundled sample, on the embedded default
# make test   ruff, mypy --strict and the tests
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat pyproject.toml constraints.txt | sha256sum | cut -c1-16)

# What Python compiles is kept, whatever the environment says: hundreds of processes would compile all of it anew.
export PYTHONDONTWRITEBYTECODE :=

# Processes that run tests. Two cores take three: one of them waits for a server of its own most of the time.
AT_ONCE ?= 3

.PHONY: setup demo test check test-all clean

setup: $(STAMP)

# torch goes first and by exact version: a range would let pip choose a build with gigabytes of CUDA.
$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	@echo "setting up $(VENV) (a few minutes the first time)"
	@$(BIN)/pip install -q torch==2.13.0 2>&1 | { grep -v -E "^(WARNING: Location|\[notice\])" || true; }
	@$(BIN)/pip install -q -c constraints.txt -e ".[dev]" 2>&1 | { grep -v -E "^(WARNING: Location|\[notice\])" || true; }
	@$(BIN)/pip check
	@rm -f $(VENV)/.installed-*
	@touch $@

demo: setup
	@$(BIN)/met demo

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test: check
	@$(BIN)/pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder -m "not slow and not vllm"

test-all: check
	@$(BIN)/pytest

clean:
	rm -rf $(VENV) .met met-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
