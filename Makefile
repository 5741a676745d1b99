# Keydesk: `make run` to use it, `make test` for everything that CI runs.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
PORT ?= 8080
WORKERS ?= auto
ARGS ?=
export PORT

VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app run
INSTALL := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip
PYTEST := $(BIN)/python -m pytest -q $(ARGS)

LOCKS := requirements-setup requirements requirements-dev
LOGINS := instance/demo-accounts.json
ASSETS := app/static/vendor/.made
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
BROWSER_PACKAGES := chromium fonts-noto-cjk

.PHONY: help
help:  ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# --- Set-up: each step leaves a stamp and runs again only when what it rests on has changed

$(VENV)/.setup: requirements-setup.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@touch $@

# pip is slower, but knows the indexes that this machine's pip is set up for
$(VENV)/.runtime: $(VENV)/.setup requirements.txt
	@$(INSTALL) install -q --require-hashes -r requirements.txt \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@$(INSTALL) sync -q --require-hashes requirements-dev.txt \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(ASSETS): scripts/vendor_assets.py $(VENV)/.runtime
	@$(BIN)/python scripts/vendor_assets.py
	@touch $@

%.mo: %.po $(VENV)/.runtime
	@$(BIN)/pybabel -q compile -i $< -o $@

.PHONY: assets setup dev
assets: $(ASSETS)  ## Copy the front-end assets of the locked packages into app/static/vendor

setup: $(VENV)/.runtime $(ASSETS) $(COMPILED)

dev: $(VENV)/.dev setup | build  ## Everything that tests and checks need, browser apart

build:
	@mkdir -p build

# --- Use

.PHONY: database run
database: setup | build
	@$(BIN)/python scripts/demo_secrets.py
	@$(FLASK) db upgrade
	@$(FLASK) catalog sync > build/catalogue.txt || { cat build/catalogue.txt; exit 1; }

run: database  ## Start the server and the scheduler, on an empty database with a demo office
	@$(FLASK) demo load --if-empty --accounts-file $(LOGINS)
	@test ! -f $(LOGINS) || echo "Logins of the demo: $(LOGINS)"
	@echo "Keydesk: http://127.0.0.1:$(PORT)  (Ctrl-C stops it)"
	@exec $(BIN)/python scripts/serve.py

# --- Tests and checks

.PHONY: test check test-sqlite test-postgresql test-browser browser
test: check test-sqlite test-postgresql test-browser  ## Everything that CI runs

test-sqlite: dev
	@$(PYTEST) -n $(WORKERS) --db sqlite -m "not browser"

test-postgresql: dev  ## The tests that use a database, on PostgreSQL (TEST_DATABASE_URL or an embedded one)
	@$(PYTEST) -n $(WORKERS) --db postgresql -m "not browser"

test-browser: dev browser  ## The tests that drive a real Chromium
	@$(PYTEST) -n $(WORKERS) --dist worksteal --db sqlite -m browser

check: dev  ## Lint, format, types, import contracts, translations
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo > build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }
	@$(BIN)/python scripts/check_translations.py

browser: | build
	@[ -n "$$CHROMIUM" ] && exit 0; \
	missing=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(BROWSER_PACKAGES) 2>/dev/null \
	  | sed -n 's/^installed //p' | sort | comm -13 - <(printf '%s\n' $(BROWSER_PACKAGES) | sort)); \
	[ -z "$$missing" ] && exit 0; \
	echo "Installing" $$missing; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends $$missing > build/browser.txt 2>&1 \
	  || { cat build/browser.txt; exit 1; }

.PHONY: bench
bench: dev  ## The figures of docs/performance.md, measured on this machine
	@$(BIN)/python -m bench $(ARGS)

# --- Upkeep

.PHONY: lock migration translations format clean
lock: $(VENV)/.setup  ## Write the hashed lock files anew (UPGRADE=1 takes the newest versions)
	@for name in $(LOCKS); do \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) \
	    $$name.in -o $$name.txt || exit 1; \
	done

migration: dev  ## A numbered migration from the models: make migration m="key custody"
	@test -n '$(m)' || { echo 'Say what it does: make migration m="key custody"'; exit 1; }
	@$(FLASK) db upgrade && $(FLASK) db migrate -m '$(m)'

translations: dev  ## Bring translations/ up to date with the texts of the program
	@$(BIN)/python scripts/check_translations.py --update

format: dev  ## Write every file in the project's format
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

clean:  ## Remove everything that make has made, the demo's database included
	rm -rf $(VENV) build instance app/static/vendor $(COMPILED)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
