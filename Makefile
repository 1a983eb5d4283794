# make demo    set up, compile the shipped network, run it on its data
# make test    set up, run every test that needs no system package (others say what they miss)
# make check   style, types, and the built wheel away from the source tree
# make slow    the long tests
# make sanitize  the core and its tests under AddressSanitizer and UBSan

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_FLAGS ?=
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal $(PYTEST_FLAGS)

# What an extra needs, without building the core again.
NEEDED := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]])
extra = $(BIN)/python -c '$(NEEDED)' $(1) | xargs $(BIN)/pip install --quiet --disable-pip-version-check

SOURCES := $(wildcard netc/core/* passes/*.cpp passes/*.h runtime/*.cpp runtime/*.hpp runtime/*.h runtime/*.inc)

.PHONY: demo test slow check sanitize clean

demo: $(VENV)/.built
	$(BIN)/python examples/digits/demo.py

test: $(VENV)/.test
	$(PYTEST) -m "not slow"

slow: $(VENV)/.test
	$(PYTEST) -m slow

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "netc needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.built: $(VENV)/.made pyproject.toml setup.py $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.built
	$(call extra,test)
	@touch $@

check: $(VENV)/.test
	$(call extra,check)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy netc passes backends runtime
	PYTHON=$(BIN)/python sh tests/wheel.sh

sanitize: $(VENV)/.test
	PYTHON=$(BIN)/python sh tests/sanitize.sh

clean:
	rm -rf $(VENV) build dist *.egg-info netc/_core*.so netc/_core.cpp
