# Every job of CI is one of these targets. `make` alone lists them.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for p in $(PYTHONS); do \
	if $$p helpers/course/pythons.py >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin
STAMP := .venv/.setup-done
NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))
PYTEST_ARGS ?=
BENCH_ARGS ?=
SOAK_ARGS ?=
LAB_ARGS ?=
# The stamp says for which folder .venv was made: one that was moved or copied is set up anew, and
# so is one whose Python has gone.
ANEW := $(shell test -x $(BIN)/python && test "$$(cat $(STAMP) 2>/dev/null)" -ef . || echo FORCE)
# pip installs into .venv, whatever a person's own settings say.
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_DEPS

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## create .venv, install the lock and the browser clients

# The stamp is written last, by helpers.course.install, so a set-up that was interrupted starts
# again, from an empty .venv, and one that ended, by make or by README's lines, installs nothing more.
# A new edition, which has another lock, installs only what has changed.
$(STAMP): requirements.txt pyproject.toml helpers/pages/package-lock.json helpers/course/install.py $(ANEW)
	@for p in $(if $(filter file,$(origin PYTHON)),$(PYTHONS),$(PYTHON)); do \
		reason=$$($$p helpers/course/pythons.py 2>&1) && break; \
		case "$$reason" in "Python "*) echo "passed over: $$reason";; esac; done | uniq
	@$(or $(PYTHON),false) helpers/course/pythons.py >/dev/null 2>&1 || { \
		echo "$(if $(PYTHON),$(PYTHON) cannot be used,No Python that can be used was found). Install Python 3.11" \
		"or newer (https://www.python.org/downloads/), or name one:" \
		"make setup PYTHON=/path/to/python3.12"; exit 1; }
	@test -z "$(ANEW)" || echo "setting up .venv with $(PYTHON): a minute or two, this once"
	@test -z "$(ANEW)" || $(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo "$(PYTHON) could not make .venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@rm -f $@
	@$(BIN)/python -m helpers.course.packages
	@$(BIN)/python -m helpers.course.install || { echo "Then run the same make command again."; exit 1; }

FORCE:

lab: setup  ## open JupyterLab on the first notebook of my-course (LAB_ARGS=… for JupyterLab)
	@$(BIN)/python -m helpers.course.lab $(LAB_ARGS)

update: setup  ## get the new edition, and keep your work (FROM=… brings it from another folder)
	@$(BIN)/python -m helpers.course.update $(if $(FROM),--from "$(FROM)")

# Without a network the pages' linters may be missing: then the tests say so, and go on.
test: setup  ## every lesson, stub, solution and unit, each page once, lint: in minutes
	-@$(BIN)/python -m tests.pages_lint install
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-all: test  ## all that, every answer, the whole browser suite, other Pythons
	$(BIN)/python -m pytest --tier=2 $(PYTEST_ARGS)
	$(BIN)/python -m tests.repo.other_pythons $(PYTEST_ARGS)

test-pythons: setup  ## everything but the browser, on each further Python from 3.12 on (PYTEST_ARGS=…)
	$(BIN)/python -m tests.repo.other_pythons $(PYTEST_ARGS)

# A test that fails, perhaps because measuring slows it down, is shown and stops nothing.
coverage: setup  ## which share of helpers/ the tests run, servers included (PYTEST_ARGS=… for some)
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest --tier=all $(PYTEST_ARGS)
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

tables: setup  ## write the generated tables: README, reference/words.md
	$(BIN)/python -m tests.repo.tables

lock: setup  ## compile requirements.txt anew from pyproject.toml, newest releases
	$(BIN)/python -m pip install --quiet 'uv>=0.7'
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra test \
		--no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.txt
	echo '-e .' >> requirements.txt

clean:  ## remove what the targets made
	rm -rf .venv .venv-* build *.egg-info screenshots helpers/pages/node_modules tests/bench/peers/node_modules tests/pages_lint/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup lab update FORCE test test-all test-pythons coverage run bench soak judge-answers lint lint-pages screenshots tables lock clean
