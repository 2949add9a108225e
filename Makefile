# Everything a fresh machine needs is GNU make and a python3 with venv: targets install the rest into .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROJECTS := pyproject.toml $(sort $(wildcard plugins/*/pyproject.toml))
PLUGINS := $(sort $(patsubst plugins/%/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml)))
EDITABLE := -e . $(foreach plugin,$(PLUGINS),-e plugins/$(plugin))
# Tests mostly wait for HTCondor: more of them than there are processors run at a time. `make test WORKERS=0` runs one by one.
WORKERS ?= 4
SIDE_BY_SIDE := $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder
# The pool of `make demo` and of the tests: HTCondor is installed once and kept outside the checkout.
SOURCES := htmap htmap_core htmap_run plugins tests examples benchmarks release requirements website conftest.py

# Of `make test-all`: the Pythons, and the tests that run with each of them and with the oldest bindings.
VERSIONS ?= $(shell sed -n 's/^    "Programming Language :: Python :: \(3\.[0-9]*\)",$$/\1/p' pyproject.toml)
CELL ?= tests/unit tests/pool/test_api.py

.PHONY: check demo test test-unit test-site test-all test-pythons test-bindings test-exploring test-wheels test-tutorials test-cell test-ecosystem drills golden lint format types lock bench bench-peers bench-growth notebooks docs docs-serve docs-links test-docs wheels release version align clean
check: lint types test-unit

# It leaves no map, and nothing that runs, the latter also after an error or Ctrl-C; a pool that ran before runs on.
demo: $(VENV)/.runtime
	$(BIN)/htmap pool install
	@set -e; trap 'exit 130' INT TERM; \
	$(BIN)/htmap pool status > /dev/null 2>&1 || trap '$(BIN)/htmap pool stop' EXIT; \
	$(BIN)/htmap pool start; \
	$(BIN)/python examples/first_steps.py
	@echo; echo "That was a real HTCondor, which stays installed in $${HTMAP_DIR:-~/.htmap}/pool. Now type:"; \
	echo "  . $(BIN)/activate        # your shell finds htmap and its python"; \
	echo "  htmap docs first-steps       # the first tutorial; its first map starts the pool"; \
	echo "  htmap pool stop              # when you are done; half an hour without jobs does it, too"

test: $(VENV)/.dev
	$(SIDE_BY_SIDE) -m "not site"

test-unit: $(VENV)/.dev
	$(SIDE_BY_SIDE) -m "not pool and not site"

# Several hosts on this machine, which share nothing; see tests/site/README.md. Completion again, with the shells that it installs.
test-site: $(VENV)/.dev
	tests/site/prepare
	$(BIN)/python -m pytest tests/site tests/pool/test_site_recipes.py tests/unit/cli/test_completion.py

# What the continuous integration leaves out because it takes hours: for a release, and after a change that may concern it.
test-all: test test-site test-pythons test-bindings test-exploring drills test-wheels test-tutorials test-ecosystem bench

# An environment for each Python is kept, in .venv-3.9 and the like; Pythons are looked for as the tests do it.
FIND := from htmap_core.testing import pythons; import sys; print(pythons.python_of(sys.argv[1]))
test-pythons: $(VENV)/.dev
	for version in $(VERSIONS); do \
		python=$$($(BIN)/python -c "$(FIND)" $$version 2>/dev/null) || { echo "no Python $$version here: left out"; continue; }; \
		$(MAKE) VENV=$(VENV)-$$version PYTHON=$$python test-cell || exit 1; done

# The oldest bindings that the core takes, by its dependencies, and the last series before today's.
OLDEST := $(shell sed -n 's/^    "htcondor>=\([0-9.]*\);.*/\1/p' pyproject.toml)
BINDINGS ?= $(OLDEST) 24.12
test-bindings:
	for version in $(BINDINGS); do \
		$(MAKE) VENV=$(VENV)-bindings-$$version $(VENV)-bindings-$$version/.dev || exit 1; \
		$(VENV)-bindings-$$version/bin/python -m pip install --quiet --disable-pip-version-check "htcondor==$$version.*" || exit 1; \
		$(MAKE) VENV=$(VENV)-bindings-$$version CELL="$(CELL) tests/pool/test_cli.py" test-cell || exit 1; done

test-cell: $(VENV)/.dev
	$(SIDE_BY_SIDE) $(CELL)

# The pages on plugins and README, followed where HTMap comes from wheels alone; README with several Pythons, and pip's index.
test-wheels: $(VENV)/.dev wheels
	HTMAP_TEST_WHEELS=$(abspath dist) $(BIN)/python -m pytest tests/docs/test_followed_pages.py tests/docs/test_followed_readme.py tests/unit/release tests/docs/test_original.py

# All tutorials, with those that take longest.
test-tutorials: $(VENV)/.dev
	HTMAP_TEST_TUTORIALS=all $(SIDE_BY_SIDE) tests/docs/test_tutorials.py

# Programs that speak to an executor, as their users use them, on a pool. They take 300 MB, in an environment of its own.
test-ecosystem:
	$(MAKE) VENV=$(VENV)-ecosystem $(VENV)-ecosystem/.ecosystem
	$(MAKE) VENV=$(VENV)-ecosystem CELL=tests/ecosystem test-cell

test-exploring: $(VENV)/.dev
	$(BIN)/python -m pytest --hypothesis-profile=exploring -m "not pool and not site" tests/unit

# Each kind of drill at its full count, and a table of what was tried, held, and did not; half an hour on two processors. SEED=2 tries other
# cases, SHARE=0.1 a tenth of them, DRILLS=tests/drills/test_kills.py one kind. What did not hold has a command that tries it alone.
SEED ?= 1
SHARE ?= 1
DRILLS ?= tests/drills
drills: $(VENV)/.dev
	HTMAP_TEST_DRILLS=$(SHARE) HTMAP_TEST_SEED=$(SEED) $(SIDE_BY_SIDE) $(DRILLS)

# Only the tests that use golden files are run; git shows what has changed in them.
golden: $(VENV)/.dev
	$(BIN)/python -m pytest --renew-golden -m "not site"

lint: $(VENV)/.dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

types: $(VENV)/.dev
	$(BIN)/mypy htmap htmap_core htmap_run tests release requirements website conftest.py $(wildcard plugins/*/htmap_*)
	cd benchmarks && ../$(BIN)/mypy --config-file ../pyproject.toml *.py budgets peers growth
	for plugin in $(PLUGINS); do $(BIN)/mypy plugins/$$plugin/tests || exit 1; done # apart: they have modules of the same names

# ONLY="first small" measures only these; a wrong name lists them all.
bench: $(VENV)/.dev
	cd benchmarks && ../$(BIN)/python -m budgets $(if $(ONLY),--only $(ONLY))

# The peers live in .venv-peers. PEERS="--quick", PEERS="--sizes 10000x0 --peers dask" and the like choose; INTO is the folder of what is written.
INTO ?= build/bench
bench-peers: $(VENV)/.dev $(VENV)-peers/.peers
	cd benchmarks && ../$(BIN)/python -m peers --python $(abspath $(VENV)-peers/bin/python) --into $(abspath $(INTO)) $(PEERS)

bench-growth: $(VENV)/.dev
	cd benchmarks && ../$(BIN)/python -m growth --into $(abspath $(INTO)) $(GROWTH)

# The tutorials as notebooks, for the site; `htmap docs --notebook first-steps` prints one.
NOTEBOOKS := build/extra/notebooks
TUTORIALS := $(filter-out workshop,$(basename $(notdir $(wildcard docs/tutorials/*.md docs/tutorials/workshop/*.md))))
notebooks: $(VENV)/.runtime
	mkdir -p $(NOTEBOOKS)
	rm -f $(NOTEBOOKS)/*
	for page in $(TUTORIALS); do $(BIN)/htmap docs --notebook $$page > $(NOTEBOOKS)/$$page.ipynb || exit 1; done

# The site of the documentation: warnings are errors, and nothing is fetched. What makes it lives in .venv-docs.
SITE := build/site
docs: $(VENV)-docs/.docs notebooks
	$(VENV)-docs/bin/python -m sphinx --quiet --fail-on-warning --keep-going --jobs auto -d build/doctrees -c website . $(SITE)
	@echo "The site is $(abspath $(SITE))/index.html; \`make docs-serve\` shows it."

# On PORT, or 8000 or the next that is free. A page that is reloaded after an edit is made anew.
docs-serve: docs
	@$(PYTHON) website/serve.py $(SITE) $(if $(PORT),--port $(PORT)) --make "$(MAKE) --no-print-directory docs"

# Whether what pages link to elsewhere is there: it asks each address, so it needs a network, and nothing else runs it.
docs-links: $(VENV)-docs/.docs notebooks
	$(VENV)-docs/bin/python -m sphinx --quiet --builder linkcheck -d build/doctrees -c website . build/links

# The pages: their examples run, what is generated in them is compared, and those on plugins are followed word for word.
test-docs: $(VENV)/.dev
	$(BIN)/python -m pytest tests/docs

wheels: $(VENV)/.runtime
	rm -rf dist
	for project in . $(foreach plugin,$(PLUGINS),plugins/$(plugin)); do \
		$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist $$project || exit 1; done

# All distributions, built, checked, installed with every Python and tried, in dist; nothing is uploaded. RELEASE="--python 3.12" and the like.
release: $(VENV)/.dev
	$(BIN)/python -m release make $(if $(ADDRESS),--address '$(ADDRESS)') $(if $(EMAIL),--email '$(EMAIL)') $(RELEASE)

# `make version TO=1.2.3`: the version of all distributions, and a section for it in each changelog.
version: $(VENV)/.dev
	$(BIN)/python -m release version $(TO)

# What all distributions say alike (licence, authors, classifiers, ...), wherever it is not so, such as in a new plugin.
align: $(VENV)/.dev
	$(BIN)/python -m release align

clean:
	rm -rf $(VENV) $(VENV)-* dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Versions and hashes of what is installed: requirements/, chosen anew by `make lock` (LOCK=--upgrade for newer ones).
INSTALL := -m pip install --quiet --disable-pip-version-check
$(VENV)/.runtime: $(PROJECTS) requirements/runtime.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/runtime.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation $(EDITABLE)
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)-peers/.peers: requirements/peers.txt
	test -x $(VENV)-peers/bin/python || $(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python $(INSTALL) --require-hashes -r requirements/peers.txt
	touch $@

$(VENV)-docs/.docs: requirements/docs.txt
	test -x $(VENV)-docs/bin/python || $(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python $(INSTALL) --require-hashes -r requirements/docs.txt
	touch $@

$(VENV)/.ecosystem: $(VENV)/.dev requirements/ecosystem.txt
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/ecosystem.txt
	touch $@

# By itself, since what it writes is what the rest installs from.
lock:
	test -x $(VENV)-lock/bin/python || $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python $(INSTALL) tomli uv
	$(VENV)-lock/bin/python requirements/lock.py $(LOCK)
