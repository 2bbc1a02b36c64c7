# Every target that needs the environment makes it: .venv from requirements/dev.txt, node_modules from package-lock.json.
PYTHON ?= python3
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" $(UPGRADE)
FORGET_HOSTS = const fs = require("fs"), file = "package-lock.json", lock = JSON.parse(fs.readFileSync(file)); for (const it of Object.values(lock.packages)) { delete it.funding; delete it.deprecated; } fs.writeFileSync(file, JSON.stringify(lock, null, 2) + "\n");

MAKEFLAGS += --no-print-directory
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test generate check-generated lint type mock contract coverage soak bench mutation docs build lock clean

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONUTF8 := 1
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true

# A list of processes shows the command line to everybody on the machine.
ifneq ($(filter command,$(origin TOKEN) $(origin BLINGER_TOKEN)),)
$(error No token on make's command line: put it in front, in the environment, as in `BLINGER_TOKEN=... make contract BASE_URL=...`)
endif

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: .venv/.ready node_modules/.ready ## Make .venv and node_modules (other targets do this by themselves)

demo: .venv/.ready ## Start the mock, walk the four operations through the SDK, print what happened
	@python examples/demo.py

test: lint type check-generated ## Run all that CI runs
	@pytest -n 2

generate: .venv/.ready ## Write generated/blinger_api from openapi.yaml
	@python generator/generate.py

check-generated: .venv/.ready ## Fail if generated/blinger_api is not what openapi.yaml makes
	@python generator/generate.py --check

lint: .venv/.ready node_modules/.ready ## Check the code, the layers, the contract and the changelog
	@ruff check && ruff format --check && lint-imports --no-logo
	@redocly lint openapi.yaml && openapi-spec-validator openapi.yaml
	@towncrier build --draft --version next >/dev/null
	@released=$$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true); test -z "$$released" || griffe check blinger --search wrapper --against "$$released"

type: .venv/.ready node_modules/.ready ## Check the types with mypy, pyright and ty; blinger's public names are typed completely
	@mypy && pyright && ty check wrapper
	@pyright --verifytypes blinger --ignoreexternal >/dev/null

mock: .venv/.ready ## Serve the mock until interrupted
	@blinger-mock

contract: .venv/.ready ## Test the mock, or with BASE_URL= (CONVERSATION= AGENT= REPORT=) a deployment, against openapi.yaml
	@$(if $(filter environment,$(origin BASE_URL)),$(error BASE_URL stands after make, so that no stray variable picks a deployment: make contract BASE_URL=...))
	@$(if $(BASE_URL),blinger-contract '$(BASE_URL)' $(if $(CONVERSATION),--conversation '$(CONVERSATION)') $(foreach agent,$(AGENT),--agent '$(agent)') $(if $(REPORT),--report '$(REPORT)'),python tests/contract/hermetic.py $(if $(REPORT),--report '$(REPORT)'))

coverage: .venv/.ready ## Fail unless the tests reach every branch of wrapper/
	@coverage erase && coverage run -m pytest --quiet tests/unit/wrapper tests/e2e/test_shared_clients.py
	@coverage combine --quiet && coverage report --fail-under=100

soak: .venv/.ready ## Run what takes minutes: ten thousand calls, a hundred thousand malformed requests, kills under load
	@pytest -m soak

bench: .venv/.bench node_modules/.ready ## Measure all of the project's speed next to what one would use instead, SECTIONS= of it (some ten minutes; needs nginx, openssl and wrk)
	@python -m benchmarks $(SECTIONS)

mutation: .venv/.ready ## Seed faults and change what decides, bit by bit, and see that tests and contract kit notice (an hour)
	@python tests/mutation.py
	@python -m tests.mock_mutation
	@python -m tests.contract.mutation faults
	@python -m tests.contract.mutation mutants

docs: .venv/.ready ## Write what follows from openapi.yaml and the contract kit into docs/
	@python -m blinger_spec > docs/assumptions.md
	@python -m tests.contract.docs_table

build: .venv/.ready ## Write the sdist and the wheel to dist/
	@python -m build --no-isolation

lock: .venv/.ready node_modules/.ready ## Write the locks anew (UPGRADE=--upgrade: take newer versions)
	$(LOCK) --all-extras --output-file requirements/dev.txt pyproject.toml requirements/dev.in
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/bench.txt requirements/bench.in
	$(LOCK) --output-file requirements/node.txt requirements/node.in
	npm install --package-lock-only --silent && node -e '$(FORGET_HOSTS)'

clean: ## Remove the environment and everything that was built
	rm -rf .venv node_modules dist mutants .*_cache .hypothesis .schemathesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv

.venv/.locked: requirements/dev.txt | .venv/bin/python
	@echo "installing requirements/dev.txt into .venv" && python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

.venv/.ready: pyproject.toml .venv/.locked
	@python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.bench: requirements/bench.txt .venv/.ready
	@echo "installing requirements/bench.txt into .venv" && python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# Node and npm of the machine, if the npm tools accept them; else those of requirements/node.txt.
.venv/.node: requirements/node.txt | .venv/bin/python
	@npm --version >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a === 20 ? +(+b < 19) : +a === 22 ? +(+b < 12) : +(+a < 23))' 2>/dev/null || \
		{ echo "installing requirements/node.txt into .venv" && python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<; }
	@touch $@

node_modules/.ready: package.json package-lock.json .npmrc .venv/.node
	@echo "installing package-lock.json into node_modules" && npm ci --silent
	@touch $@
