# The operator's and the developer's commands; `make` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
INSTALL = "$(PYTHON)" hub_config/install.py
HUB = $(INSTALL) in hub python -m
DEV = $(INSTALL) in dev
unexport PYTHONDONTWRITEBYTECODE # some shells set it: every process would compile torch anew
.DEFAULT_GOAL := help
.PHONY: help up down status usage environments check test journey bench-first-light bench-warm-kernel bench-herd bench-leases bench-scan bench-bridge bench-grid bench-accuracy bench-predict bench-convert bench-labeler clean

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name about; do printf '  make %-19s %s\n' "$$name" "$$about"; done

up: ## install what is missing, start the hub, Label Studio and MLflow, say where and how to log in
	@$(INSTALL)
	@$(HUB) hub_config.start

down: ## stop every process that `make up` started
	@$(HUB) hub_config.stop

status: ## show what runs, where, since when, in which version
	@$(HUB) hub_config.status

environments:
	@$(INSTALL) --test

check: environments ## formatter, linter, types
	@$(DEV) ruff format --check .
	@$(DEV) ruff check .
	@$(DEV) python -m imagine_widgets.bundle types
	@$(DEV) mypy

test: environments ## set up what the tests need, then run all of them: three files at a time, then what must be alone
	@$(DEV) ruff format --check .
	@$(DEV) ruff check .
	@$(DEV) python -m imagine_widgets.bundle test
	@$(DEV) mypy >.imagine/cache/types.log 2>&1 & types=$$!; \
	$(DEV) pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not alone"; tests=$$?; \
	wait $$types; typed=$$?; cat .imagine/cache/types.log; exit $$((tests | typed))
	@$(DEV) pytest -m alone $$(grep -l 'mark\.alone' tests/test_*.py)

usage: ## show what everybody used; options such as ARGS="--by group --since 2026-01-31 --csv usage.csv"
	@$(HUB) hub_config.leases.usage $(ARGS)

bench-leases: environments ## the leases: 1,000 deaths of kernels, beside lock files that are asked again and again
	@$(DEV) python tests/benchmarks/leases.py

journey: environments ## the browser's way from log-in to report, with screenshots in .imagine/journey/
	@$(DEV) pytest tests/test_journey.py

bench-first-light: environments ## the figures: seconds, memory, disk, speed of prediction
	@$(DEV) python tests/benchmarks/first_light.py

bench-warm-kernel: environments ## a kernel to its first prediction, beside stock; alone and 30 at once
	@$(DEV) python tests/benchmarks/warm_kernel.py

bench-herd: environments ## 30 people at once, to their first prediction, beside a stock JupyterHub
	@$(DEV) python tests/benchmarks/herd.py

bench-accuracy: environments ## the recipe of classifiers from scratch on real sets, beside a random forest on EcoTaxa's features
	@$(DEV) python tests/benchmarks/accuracy.py

bench-predict: environments ## pictures a second from JPEG files to predictions, beside a plain timm loop and the bare network
	@$(DEV) python tests/benchmarks/predict.py

bench-convert: environments ## 200,000 COCO annotations to YOLO, beside datumaro: seconds, memory, and the same labels
	@$(DEV) python tests/benchmarks/convert.py

bench-scan: environments ## a whole ZooScan scan of 308 million pixels to measured organisms: memory, seconds, truth
	@$(DEV) python tests/benchmarks/scan.py

bench-bridge: environments ## 10,000 regions to Label Studio and back, beside a plain loop; 500 exchanges cut off
	@$(DEV) python tests/benchmarks/bridge.py $(ARGS)

bench-labeler: environments ## the labeler: first view of a scan, frames with thousands of regions, beside Annotorious 3
	@$(DEV) python tests/benchmarks/labeler.py

bench-grid: environments ## a simulated expert corrects labels of 2,000 UVP6 crops in the grid, beside a dropdown form
	@$(DEV) python tests/benchmarks/grid.py $(ARGS)

clean: down ## remove the environments and logs; people's work in .imagine/state stays
	rm -rf .imagine/envs .imagine/logs .imagine/cache imagine_widgets/node_modules imagine_widgets/static .mypy_cache .ruff_cache .pytest_cache
