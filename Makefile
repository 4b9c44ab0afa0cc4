# Ovix: everything a developer or operator does from a checkout. `make help` lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
STAGE := tools/stage
MANIFESTS := pyproject.toml uv.lock $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
PACKAGES := $(wildcard libs/*/ovix_* services/*/ovix_*)
# Tests start services by the hundred: without byte code each start would compile every package.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ---- a working checkout -------------------------------------------------------------------------

.ovix/synced: $(MANIFESTS) tools/bootstrap
	@tools/bootstrap

.PHONY: sync
sync: .ovix/synced ## Install what Ovix needs into this checkout (.venv, .ovix), and nowhere else

.PHONY: run
run: sync ## Start everything on this machine: PostgreSQL, services, Asterisk; Ctrl-C stops it
	@exec $(BIN)/ovix up

# ---- checks -------------------------------------------------------------------------------------

.PHONY: test
test: sync ## Every check and test; as root on Debian it fetches RabbitMQ and Asterisk first
	@$(STAGE) --begin
	@$(MAKE) -s -j 2 --output-sync=recurse $(CHECKS:%=stage-%)
	@$(MAKE) -s -j 2 stage-engine-tests stage-tests
	@$(STAGE) --end

# Fetching engines waits for the network while types are checked.
CHECKS := engines types lint check-migrations check-openapi check-containers

.PHONY: $(CHECKS:%=stage-%)
$(CHECKS:%=stage-%): stage-%:
	@$(STAGE) $* $(MAKE) -s $*

# Calls wait for phones, and everything else fills the pauses, behind them: sound is played in time.
# By file in the order found: the slowest have few tests, and would come last.
PYTEST := $(BIN)/pytest -q --dist loadfile --no-loadscope-reorder

.PHONY: stage-engine-tests stage-tests
stage-engine-tests:
	@$(STAGE) engine-tests $(PYTEST) -n 2 -m "rabbitmq or asterisk"
stage-tests:
	@$(STAGE) tests nice $(PYTEST) -n 3 -m "not rabbitmq and not asterisk"

.PHONY: engines
engines: sync ## Fetch RabbitMQ, Asterisk, SIP phones and servers for the tests, as root on Debian
	@tools/engines

.PHONY: test-unit
test-unit: sync ## The tests that need no database, broker or Asterisk
	@$(BIN)/pytest -q -n 2 -m "not asterisk" libs/telephony libs/asterisk libs/tftp libs/ldap

.PHONY: lint
lint: sync ## Style, formatting, which package may import which, links of the documentation
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/check_docs.py

.PHONY: fmt
fmt: sync ## Format the code and repair what can be repaired by rule
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: types
types: sync ## mypy, strict, over every package and its tests
	@tools/check-types

.PHONY: migrate
migrate: sync ## Bring the database (OVIX_DATABASE_URL, else the embedded one) to the newest schema
	@$(BIN)/ovix db upgrade

.PHONY: check-migrations
check-migrations: sync ## Empty database to newest, compare with the models, one step down and up
	@$(BIN)/ovix db check

.PHONY: openapi
openapi: sync ## Write the description of every API and event into openapi/
	@$(BIN)/python tools/write_openapi.py

.PHONY: check-openapi
check-openapi: sync ## Fail when openapi/ does not describe the code
	@$(BIN)/python tools/write_openapi.py --check

.PHONY: goldens
goldens: sync ## Write again what our plugins give the sample phones; review the difference
	@OVIX_WRITE_GOLDENS=1 $(BIN)/pytest -q services/provd/tests/plugins/test_goldens.py

.PHONY: check-containers
check-containers: sync ## Check docker-compose.yml and the Dockerfiles without building them
	@tools/check-containers

.PHONY: e2e
e2e: sync ## Real calls through a real Asterisk (ASTERISK=22, or 16)
	@OVIX_ASTERISK_VERSION=$(or $(ASTERISK),22) tools/engines
	@OVIX_ASTERISK_VERSION=$(or $(ASTERISK),22) $(BIN)/pytest -q tests/e2e

.PHONY: bench
bench: sync ## Measure the services: figure, ratio to the floor, statements
	@$(BIN)/python -m bench $(ARGS)

# ---- engines and images -------------------------------------------------------------------------

.PHONY: asterisk
asterisk: ## Install an Asterisk of our own (ASTERISK=22, or 16), as root on Debian
	@tools/asterisk/install $(ASTERISK)

.PHONY: images
images: ## Build every container image with buildah (docker-compose build does it too)
	@tools/build-images $(IMAGES)

.PHONY: docs
docs: sync ## Check that every link inside the documentation leads somewhere
	@$(BIN)/python tools/check_docs.py

.PHONY: ci
ci: ## What the continuous integration runs
	@.ci/run

.PHONY: clean
clean: ## Forget caches and the virtual environment, keep the data in .ovix
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .ovix/synced
