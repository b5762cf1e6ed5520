# Two commands on a bare machine with Python 3.11+ and make: `make demo`, then `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= workspace

.PHONY: help demo test check check-deep speed lint types sql sql-snowflake review format docs calibrate pipelines replay review-corpus review-mutations bench lock clean picture scale survival audit

help:
	@echo "make demo    sample data in, tested warehouse and first answers out"
	@echo "make test    the tests"
	@echo "make check   the tests, ruff, mypy, sqlfluff in both dialects and our own review"
	@echo "make check-deep     the same, and the tests try ten times as much (hours)"
	@echo "make calibrate      how good the statistics are, on simulated data (an hour)"
	@echo "make pipelines      fifty whole pipelines against what was planted (an hour)"
	@echo "make replay         answers as of earlier dates against what finally happened"
	@echo "make review-corpus  recall and false alarms of the review, rule by rule"
	@echo "make review-mutations  recall of the review on bugs seeded into our own warehouse"
	@echo "make speed          how fast the review is"
	@echo "make bench          speed, as ratios measured in one run"
	@echo "make scale          growth to a hundred million events (hours, 60 GB of disk)"
	@echo "make survival       all fifty kills of landings and builds (CI runs a sample)"
	@echo "make audit   the locked requirements: pins, hashes, nothing unused or undeclared"
	@echo "make docs    generate the documents that are generated"
	@echo "make picture  the report's first screen, of a demo in which something happens (Chromium)"
	@echo "make lock    resolve the locked requirements again"

demo: $(VENV)/.runtime
	@$(BIN)/carepath demo $(DEMO)

test: $(VENV)/.development
	$(BIN)/python -m pytest -n auto --no-loadscope-reorder

check: test lint types sql sql-snowflake review

check-deep: export CAREPATH_EFFORT = 10
check-deep: export CAREPATH_FUZZ = 5000
check-deep: export CAREPATH_SURVIVAL = all
check-deep: check

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy

sql: $(VENV)/.development
	cd warehouse && ../$(BIN)/sqlfluff lint models tests

# The same files as production renders them.
sql-snowflake: $(VENV)/.development
	cd warehouse && ../$(BIN)/sqlfluff lint --config snowflake.sqlfluff models tests

# Our own models pass our own review: all of them, and the change since the commit before.
review: $(VENV)/.development
	$(BIN)/carepath review --all --project-dir warehouse --dialect duckdb
	$(BIN)/carepath review --all --project-dir warehouse --dialect snowflake
	@if git rev-parse --verify --quiet HEAD~1 >/dev/null; then \
		$(BIN)/carepath review --base HEAD~1 --project-dir warehouse --dialect duckdb; fi

speed: $(VENV)/.development
	$(BIN)/python -m benchmarks.review_speed --models 500 --sqlfluff 0

calibrate: $(VENV)/.development
	$(BIN)/python -m benchmarks.calibration

review-mutations: $(VENV)/.development
	$(BIN)/python -m benchmarks.review_mutations

pipelines: $(VENV)/.development
	$(BIN)/python -m benchmarks.pipelines

replay: $(VENV)/.development
	$(BIN)/python -m benchmarks.replay

review-corpus: $(VENV)/.development
	$(BIN)/python -m benchmarks.review_corpus

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks.review_speed
	$(BIN)/python -m benchmarks.ask_speed
	$(BIN)/python -m benchmarks.funnel_speed
	$(BIN)/python -m benchmarks.phases_speed
	$(BIN)/python -m benchmarks.incremental_speed

scale: $(VENV)/.development
	$(BIN)/python -m benchmarks.scale --write

survival: $(VENV)/.development
	CAREPATH_SURVIVAL=all $(BIN)/python -m pytest tests/survival

audit: $(VENV)/.development
	$(BIN)/python -m pytest tests/packaging/test_dependencies.py tests/packaging/test_wheel.py -k "not wheel_"

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.development
	$(BIN)/python -m docs.generate $(if $(wildcard $(DEMO)/prod.duckdb),$(DEMO))
	$(BIN)/python -m carepath.review.rulebook docs/rules

picture: $(VENV)/.development
	test -d $(DEMO)-new-page || $(BIN)/carepath demo --scenario new_page $(DEMO)-new-page
	$(BIN)/python -m docs.screenshot $(DEMO)-new-page

# Locked requirements carry hashes and no index address.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
lock: $(VENV)/.development
	$(BIN)/python -m pip install --quiet uv
	echo "pip" | $(LOCK) - -o requirements/pip.txt
	$(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra build -c requirements/dev.txt -o requirements/runtime.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "carepath needs Python 3.11 or later: make PYTHON=python3.11 demo"; exit 1; }
	@echo "Creating the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@# pip of older Pythons does not know an extra of a locked requirement as the same thing
	@$(INSTALL) --require-hashes -r requirements/pip.txt

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/.runtime: $(BIN)/python requirements/runtime.txt pyproject.toml
	@echo "Installing locked requirements (a minute or two the first time) ..."
	@$(INSTALL) --require-hashes -r requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: $(BIN)/python requirements/dev.txt pyproject.toml
	@echo "Installing locked development requirements (some minutes the first time) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
