# liquid_nav without ROS installed: `make fly` and `make test`. Everything is installed into .venv.
#
#   PYTHON       the interpreter to build the environment from (3.10 to 3.14)          make setup PYTHON=python3.12
#   VENV         the folder of that environment                                         make setup VENV=/tmp/venv
#   TORCH_INDEX  a package index for torch alone; PyPI's own build brings CUDA along    make setup TORCH_INDEX=https://download.pytorch.org/whl/cpu
#   PIP_EXTRA    any further options of pip                                             make setup PIP_EXTRA='--proxy ...'
#   FLY          arguments of the flight                                                make fly FLY='--scenario field --seed 7'
#   TEST         arguments of pytest                                                    make test TEST='-k worlds'
#   JOBS         processes that run the tests without ROS; those with ROS come after    make test JOBS=0

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
PIP_EXTRA ?=
# A place with trees in the way; FLY="--seed random" for any other.
FLY ?= --seed 10007
TEST ?=
JOBS ?= 2

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := core,sim,train,import,flight,fast,deploy,report,compare,dev
LIBRARIES := libegl1 libgl1 libgl1-mesa-dri
SUPPORTED_ROS := jazzy kilted lyrical rolling
TORCH := $(shell sed -n 's/^\(torch==[0-9.]*\).*/\1/p' constraints.txt)
# On a terminal pip shows what it does; in a log only its errors are worth reading.
QUIET := $(shell [ -t 2 ] || echo --quiet --quiet)
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(QUIET) $(PIP_EXTRA)

export MUJOCO_GL ?= egl
export PYTHONUNBUFFERED = 1
export TEST

.PHONY: help setup fly test coverage lint docs mutants clean

help:
	@echo "make setup | fly | test | coverage | lint | docs | mutants | clean (the variables are explained at the top of the Makefile)"

setup: $(STAMP)

fly: $(STAMP)
	$(BIN)/liquid-nav fly $(FLY)

# What needs ROS runs alone: several processes of nodes share the machine then, and no two tests choose the same domain.
# Exit code 5: TEST has chosen none of these tests.
test: $(STAMP)
	@status=0; chosen=0; \
	for part in "-m 'not ros' -n $(JOBS) --dist loadfile" "-m ros"; do \
	  code=0; eval "$(BIN)/python -m pytest $$part $$TEST" || code=$$?; \
	  (( code == 5 )) || chosen=1; \
	  (( code == 0 || code == 5 )) || status=$$code; \
	done; \
	(( chosen )) || { echo "error: TEST has chosen no test" >&2; exit 2; }; \
	exit $$status

# The share of lines and branches that the tests without ROS run, also as pages in htmlcov/. Fails below the floor in pyproject.toml
# (fail_under), unless TEST chooses some of the tests.
coverage: $(STAMP)
	@rm -f .coverage .coverage.*
	@eval "$(BIN)/python -m pytest -m 'not ros' -n $(JOBS) --dist loadfile --cov --cov-report=term --cov-report=html \
	  $(if $(TEST),--cov-fail-under=0) $$TEST"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The pages in docs as a site in site/. Its tools are an extra of their own: they are installed the first time.
docs: $(STAMP)
	@$(BIN)/python -c 'import material' 2> /dev/null || $(PIP) -c constraints.txt mkdocs mkdocs-material
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Mutation tests of the code that arms, commands and stops a vehicle; pyproject.toml lists the modules. Takes one to two hours on two
# cores, and continues where it was interrupted.
mutants: $(STAMP)
	$(BIN)/mutmut run
	$(BIN)/mutmut results

clean:
	rm -rf mutants htmlcov .coverage .coverage.* site build install log dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache .mypy_cache .grimp_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf
	@echo "flights/, runs/ and $(VENV) are kept: remove them by hand"

$(STAMP): setup.py setup.cfg constraints.txt
	@$(MAKE) --no-print-directory check-ros libraries
	@test -x $(BIN)/python || { echo "Making $(VENV)"; $(PYTHON) -m venv $(VENV) $(if $(ROS_DISTRO),--system-site-packages); }
	@touch $(VENV)/COLCON_IGNORE
	@echo "Installing into $(VENV), 1/3: pip"
	@$(PIP) $(if $(ROS_DISTRO),,-c constraints.txt) --upgrade pip 'setuptools<80' wheel
	@echo "Installing into $(VENV), 2/3: torch"
ifeq ($(ROS_DISTRO),)
	@$(PIP) -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@echo "Installing into $(VENV), 3/3: everything else (some minutes the first time)"
	@$(PIP) -c constraints.txt --no-build-isolation --use-pep517 -e '.[ros,$(EXTRAS)]'
else
	@$(BIN)/python -c 'import numpy; print("numpy==" + numpy.__version__)' > $(VENV)/ros-constraints.txt
	@$(BIN)/python -c 'import torch' 2> /dev/null || \
	  $(PIP) -c $(VENV)/ros-constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@echo "Installing into $(VENV), 3/3: everything else but ROS (some minutes the first time)"
	@$(PIP) -c $(VENV)/ros-constraints.txt --no-build-isolation --use-pep517 -e '.[$(EXTRAS)]'
endif
	@touch $(STAMP)
	@echo "Ready: make fly, make test"

# A sourced ROS 2 is used as it is, and nothing of it comes from PyPI.
.PHONY: check-ros
check-ros:
ifeq ($(ROS_DISTRO),)
	@[[ $$(uname -m) == x86_64 ]] || \
	  { echo "error: PyPI has ROS 2 for x86-64 only. Install and source ROS 2 first, then make setup again" >&2; exit 2; }
else
	@[[ " $(SUPPORTED_ROS) " == *" $(ROS_DISTRO) "* ]] || \
	  { echo "error: ROS 2 $(ROS_DISTRO) is sourced; liquid_nav needs one of: $(SUPPORTED_ROS), or a shell without ROS" >&2; exit 2; }
	@$(PYTHON) -c 'import rclpy' 2>/dev/null || \
	  { echo "error: ROS 2 $(ROS_DISTRO) is sourced, but $$(command -v $(PYTHON)) cannot import rclpy. Try: make setup PYTHON=/usr/bin/python3" >&2; exit 2; }
endif

# What rendering needs from the system, and venv where Debian keeps it apart.
.PHONY: libraries
libraries:
	@missing=(); \
	$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || missing+=(python3 python3-venv); \
	$(PYTHON) -c 'import ctypes; [ctypes.CDLL(f"lib{name}") for name in ("EGL.so.1", "GL.so.1")]' 2> /dev/null \
	  || missing+=($(LIBRARIES)); \
	(($${#missing[@]})) || exit 0; \
	install="apt-get install -y --no-install-recommends $${missing[*]}"; \
	if [[ $$(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then \
	  echo "error: system libraries are missing. Run: sudo $$install" >&2; exit 2; fi; \
	echo "Installing system packages: $${missing[*]}"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive $$install > /dev/null
