# Every job of CI is one of these targets. `make` alone lists them.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
STAMP := .venv/.setup-done
NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))
PYTEST_ARGS ?=
BENCH_ARGS ?=
SOAK_ARGS ?=
# JupyterLab asks for this flag where the only user is root, as in a container.
AS_ROOT := $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root)

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## create .venv, install the lock and the browser clients

# The stamp is written last, so a set-up that was interrupted starts again,
# from an empty .venv, and one that ended installs nothing more.
$(STAMP): requirements.txt pyproject.toml helpers/pages/package-lock.json helpers/course/install.py
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and $(if $(PYTHON),$(PYTHON) is not,none was found)." \
		"Install it (https://www.python.org/downloads/), or name one: make setup PYTHON=/path/to/python3.12"; exit 1; }
	@echo "setting up .venv with $(PYTHON): a minute or two, this once"
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "$(PYTHON) could not make .venv." \
		"On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m helpers.course.install || { echo "Then run the same make command again."; exit 1; }
	@touch $@

lab: setup  ## open JupyterLab on the first notebook
	$(BIN)/jupyter lab $(AS_ROOT) --LabApp.default_url=/lab/tree/00_start_here.ipynb notebooks/00_start_here.ipynb

# Without a network the pages' linters may be missing: then the tests say so, and go on.
test: setup  ## everything CI runs: notebooks, helpers, pages, lint
	-@$(BIN)/python -m tests.pages_lint install
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# A test that fails, perhaps because measuring slows it down, is shown and stops nothing.
coverage: setup  ## which share of helpers/ the tests run, servers included (PYTEST_ARGS=… for some)
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	@$(BIN)/python -m tests.repo.coverage_table

run: setup  ## run the notebooks and store their outputs (NOTEBOOKS=… for some)
	$(BIN)/python -m tests.notebooks.run $(NOTEBOOKS)

bench: setup  ## how fast the servers are, beside Node's: BENCHMARKS.md (half an hour)
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

soak: setup  ## attack the servers while honest clients talk (SOAK_ARGS="chat --seconds 20")
	$(BIN)/python -m tests.soak $(SOAK_ARGS)

lint: lint-pages  ## ruff, mypy, and the pages
	$(BIN)/ruff check . && $(BIN)/ruff format --check helpers tests && $(BIN)/mypy

lint-pages: setup  ## eslint and stylelint, which it installs for itself
	$(BIN)/python -m tests.pages_lint

judge-answers: setup  ## run answers through the checks (FILES="tests/lessons/chat/answers.md", ARGS="-k welcome -v")
	$(BIN)/python -m tests.exercises.judge $(ARGS) $(FILES)

screenshots: setup  ## a PNG of every notebook and page, in screenshots/
	$(BIN)/python -m tests.browser.screenshots

tables: setup  ## write the generated table of README
	$(BIN)/python -m tests.repo.tables

lock: setup  ## compile requirements.txt anew from pyproject.toml, newest releases
	$(BIN)/python -m pip install --quiet 'uv>=0.7'
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra test \
		--no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.txt
	echo '-e .' >> requirements.txt

clean:  ## remove what the targets made
	rm -rf .venv build *.egg-info screenshots helpers/pages/node_modules tests/bench/peers/node_modules tests/pages_lint/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup lab test coverage run bench soak judge-answers lint lint-pages screenshots tables lock clean
