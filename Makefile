# One word each; CONTRIBUTING.md repeats the plain commands for machines without make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test check bench soak fuzz others packages format clean
.DEFAULT_GOAL := help

help:
	@echo "make install | demo | test | check | bench | soak | fuzz MINUTES=10 | others | packages | format | clean"

# The stamp makes a second `make test` start at once; an edited pyproject.toml, setup.py or file of the core builds again.
$(VENV)/stamp: pyproject.toml setup.py $(wildcard native/*.py)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (Debian: apt install python3 python3-venv; Fedora: dnf install python3.11; macOS: brew install python@3.11), then: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing (Debian: apt install python3-venv; Fedora: dnf install python3; macOS: brew install python)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV). The first time this takes minutes: libraries come from the network, then the"
	@echo "core is compiled, which says nothing for two or three of them."
	@$(BIN)/python packaging/built_core.py forget
	$(BIN)/pip install --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python packaging/built_core.py
	@touch $@

install: $(VENV)/stamp

demo: install
	$(BIN)/python examples/demo/run.py $(ARGS)

test: install
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint native/*.py
	$(BIN)/pytest -q tests/house

# Beside the kept figures, which the README quotes: those of another machine are another page.
bench: install
	mkdir -p build/bench
	$(BIN)/python benchmarks/run.py --out build/bench $(ARGS)

soak: install
	STAMMKUNDE_SOAK_EXAMPLES=500 STAMMKUNDE_SOAK_STEPS=60 STAMMKUNDE_POWER_CUTS=2000 STAMMKUNDE_SPOOL_KILLS=2000 $(BIN)/pytest -s tests/simulation $(ARGS)
	STAMMKUNDE_SCHEDULES=300 $(BIN)/pytest -s tests/simulation/test_sync_schedules.py $(ARGS)
	STAMMKUNDE_BALLAST_MB=32 $(BIN)/pytest -s tests/unit/pos_plugin/test_disk_and_damage.py $(ARGS)
	STAMMKUNDE_SIMULATED_TILLS=500 $(BIN)/pytest -s tests/e2e/test_many_tills.py $(ARGS)
	STAMMKUNDE_KILLS=200 $(BIN)/pytest -s tests/simulation/test_kills_and_cuts.py $(ARGS)
	STAMMKUNDE_HOSTILE_SECONDS=120 STAMMKUNDE_DECODER_EXAMPLES=100000 $(BIN)/pytest -s tests/e2e/test_hostile_head_office.py $(ARGS)
	STAMMKUNDE_FLOOD_EVENTS=100000 $(BIN)/pytest tests/contract/test_hostile_tills.py $(ARGS)
	STAMMKUNDE_RANDOM_CASES=500000 $(BIN)/pytest -s tests/unit/pos_plugin/promotions/test_random_cases.py $(ARGS)
	STAMMKUNDE_RANDOM_CASES=200000 $(BIN)/pytest -s tests/unit/pos_plugin/promotions/test_small_budgets.py $(ARGS)

fuzz: install
	FUZZ_MINUTES=$(or $(MINUTES),10) $(BIN)/pytest -s tests/e2e/test_fuzz.py tests/e2e/test_fuzz_head_office.py tests/e2e/test_fuzz_rules.py

# Programs of others look at our printer and our bytes; Node only, and no dependency of ours.
others: install
	npm install --prefix build/others --no-save --no-fund --no-audit --ignore-scripts --omit=optional receiptio@2.1.2 npos@0.1.19
	STAMMKUNDE_OTHERS=build/others $(BIN)/pytest tests/e2e/test_other_eyes.py $(ARGS)

# Builds, installs, upgrades and removes the packages under names of their own: Debian, as root, minutes.
packages: install
	STAMMKUNDE_PACKAGES=1 $(BIN)/pytest tests/e2e/test_packages.py $(ARGS)

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name '*.so' -not -path './.venv/*' -delete
	find . -name '__pycache__' -type d -prune -exec rm -rf {} +
