# make demo    a help desk to look at, on http://127.0.0.1:8000/  (make demo PORT=8001)
PORT ?= 8000
PYTHON ?= python3

.PHONY: demo
demo: .venv/.requirements
	.venv/bin/python manage.py migrate --verbosity 0
	.venv/bin/python manage.py demo --port $(PORT)

# Touched after each installation: made again only when requirements.txt is newer.
.venv/.requirements: requirements.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

# --- tests -----------------------------------------------------------------------------------

# make test    everything, as CI runs it; the tools it needs are installed first, where it may
.PHONY: test test-code test-fronts tools lint
test: tools .venv/.requirements-dev lint
	$(MAKE) --jobs=2 --output-sync=target --no-print-directory test-code test-fronts

# The code on SQLite; then what depends on the database and the bell on each of the other three.
FRONTS = tests/js tests/browser tests/deploy tests/doctor
test-code:
	.venv/bin/python -m pytest $(FRONTS:%=--ignore=%)
	TEST_DATABASE=postgres TEST_REDIS=1 \
	    .venv/bin/python -m pytest tests/live tests/test_receivers.py
	TEST_DATABASE=postgres .venv/bin/python -m pytest tests/live
	TEST_REDIS=1 .venv/bin/python -m pytest tests/live

# Everything in front of it: browsers and proxies.
test-fronts:
	node --test tests/js/*.test.js
	.venv/bin/python -m pytest $(FRONTS)

lint: .venv/.requirements-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# Debian's packages, as root; anywhere else what is missing is skipped, with its reason.
tools:
	tests/tools

.venv/.requirements-dev: .venv/.requirements requirements-dev.txt bench/requirements.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

# --- the price -------------------------------------------------------------------------------

# make bench            ours beside its peers: one table, bench/results/latest.json, the plots (45 minutes)
# make bench QUICK=1    few streams, one round (3 minutes); bench/results/trial/
.PHONY: bench
bench: .venv/.requirements-bench
	tests/tools bench
	.venv/bin/python -m bench $(if $(QUICK),--quick)

.venv/.requirements-bench: .venv/.requirements bench/requirements.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.txt
	touch $@

# --- production ------------------------------------------------------------------------------

# make prod-check    all of deploy/ at once: PostgreSQL, Redis, two Daphne processes, nginx with TLS
#                    and HTTP/2, Chromium; longer than every timeout in the way (3 minutes)
.PHONY: prod-check
prod-check: tools .venv/.requirements-dev
	PROD_CHECK=1 TEST_DATABASE=postgres TEST_REDIS=1 \
	    .venv/bin/python -m pytest tests/deploy/test_production.py
