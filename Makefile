# make bench  measurements of speed, as in docs/benchmarks.md
# make run    the product, with the sample workbook        make check   everything that needs no test
# make test   all tests, with what they need               make lock    choose versions anew

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 3

bin := $(VENV)/bin
pip := $(bin)/python -m pip --disable-pip-version-check --quiet
runtime := $(VENV)/.runtime-installed
development := $(VENV)/.development-installed

.DEFAULT_GOAL := run
.PHONY: run test check bench lock

run: $(runtime)
	$(bin)/genjin up --sample

test: $(development)
	$(bin)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 12 $(ARGS)

check: $(development)
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/mypy tests
	$(bin)/lint-imports
	$(bin)/interrogate --quiet services contracts
	$(bin)/genjin rules check rules

# Not among what CI needs: it is only compared with.
bench: $(development)
	$(pip) install --group bench
	$(bin)/python -m benchmarks $(ARGS)

$(VENV)/.made:
	scripts/prepare-machine $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	touch $@

$(runtime): $(VENV)/.made requirements.lock pyproject.toml
	$(pip) install --require-hashes -r requirements.lock
	$(pip) install --no-deps --editable .
	touch $@

$(development): $(runtime) requirements-dev.lock
	$(pip) install --require-hashes -r requirements-dev.lock
	touch $@

# What was published less than a week ago may still be withdrawn, so it is not chosen. The lock names
# no index: whoever installs uses their own.
compile = $(VENV)-lock/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
	--no-annotate --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	--pip-args --uploaded-prior-to=P7D

lock:
	scripts/prepare-machine $(PYTHON)
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --upgrade pip pip-tools
	$(compile) --output-file requirements.lock pyproject.toml
	$(VENV)-lock/bin/python -c 'import tomllib; print("-c requirements.lock", \
	  *tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > requirements-dev.in
	$(compile) --output-file requirements-dev.lock requirements-dev.in
	rm -r requirements-dev.in $(VENV)-lock
