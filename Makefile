# The operator's and the developer's commands; `make` lists them.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
ENVS := .imagine/envs
HUB = "$(CURDIR)/$(ENVS)/hub/bin/python"
DEV = "$(CURDIR)/$(ENVS)/dev/bin"
.DEFAULT_GOAL := help
.PHONY: help up down status check test journey bench-first-light environments clean

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

up: ## install what is missing, start the hub, Label Studio and MLflow, say where and how to log in
	@"$(PYTHON)" hub_config/install.py
	@$(HUB) -m hub_config.start

down: ## stop every process that `make up` started
	@if [ -x $(HUB) ]; then $(HUB) -m hub_config.stop; else echo "Nothing was ever installed here."; fi

status: ## show what runs, where, since when, in which version
	@if [ -x $(HUB) ]; then $(HUB) -m hub_config.status; else echo "Nothing was ever installed here; begin with: make up"; fi

environments:
	@"$(PYTHON)" hub_config/install.py --test

check: environments ## formatter, linter, types
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy

test: check ## set up what the tests need, then run all of them
	$(DEV)/pytest

journey: environments ## the browser's way from log-in to report, with screenshots in .imagine/journey/
	$(DEV)/pytest tests/test_journey.py

bench-first-light: environments ## the figures: seconds, memory, disk, speed of prediction
	$(DEV)/python tests/benchmarks/first_light.py

clean: ## remove the environments and logs; people's work in .imagine/state stays
	@if [ -x $(HUB) ]; then $(HUB) -m hub_config.stop; fi
	rm -rf $(ENVS) .imagine/logs .imagine/cache .mypy_cache .ruff_cache .pytest_cache
