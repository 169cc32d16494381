# Everything a command needs, it sets up itself. Python >= 3.11 is the only thing assumed.
.PHONY: install run test bench web mutants audit faults validate clean
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := src/rehabsim/web
PAGES := $(WEB)/dist/console.html

install: $(VENV)/.installed $(PAGES)

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,sim-fast,lsl,c3d]'
	@echo 'Compiling the simulator, once ...'
	$(BIN)/python -c 'from rehabsim_sim.patients import patient; from rehabsim_sim.world import World; World(patient("healthy"), 1)'
	@touch $@

web: $(VENV)/.installed
	$(BIN)/python $(WEB)/build_pages.py

$(PAGES): $(VENV)/.installed $(WEB)/package.json src/rehabsim/gait/measures.json $(shell find $(WEB)/src -name '*.ts' -o -name '*.tsx' -o -name '*.css' 2>/dev/null)
	$(BIN)/python $(WEB)/build_pages.py

run: install
	$(BIN)/rehabsim run boat --open

test: install
	bash tests/prepare.sh
	$(BIN)/ruff check src simulator scenarios tests
	$(BIN)/ruff format --check src simulator scenarios tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	bash tests/every.sh $(BIN)/python

mutants: install
	$(BIN)/python tests/safety/mutants.py
	$(BIN)/python tests/firmware/mutants.py

audit: install
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[audit]'
	$(BIN)/python -m cyclonedx_py environment --pyproject pyproject.toml --output-file sbom.json
	$(BIN)/python -m pip_audit --local

faults: install
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[audit]'
	$(BIN)/python tests/faults

validate: install
	$(BIN)/python -m rehabsim_validation
	$(BIN)/python -m rehabsim_validation.accuracy
	$(BIN)/python -m rehabsim_validation.stops
	$(BIN)/python -m rehabsim_validation.pacing
	$(BIN)/python -m rehabsim_validation.perturb
	$(BIN)/python -m rehabsim_validation.training
	$(BIN)/python -m rehabsim_validation.play
	$(BIN)/python -m rehabsim_validation.effect

bench: install
	$(BIN)/rehabsim bench

clean:
	rm -rf $(VENV) $(WEB)/dist $(WEB)/node_modules
