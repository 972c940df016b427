# make demo    a help desk to look at, on http://127.0.0.1:8000/  (make demo PORT=8001)
PORT ?= 8000
PYTHON ?= python3

.PHONY: demo
demo: .venv/.requirements
	.venv/bin/python manage.py migrate --verbosity 0
	.venv/bin/python manage.py demo --port $(PORT)

# requirements.txt says what is needed and within which bounds, constraints.txt which versions
# exactly, also of what comes along: those that CI has tested.
INSTALL = -m pip install --quiet --disable-pip-version-check
PINNED = .venv/bin/python $(INSTALL) --constraint constraints.txt

# Touched after each installation: made again only when one of the two files is newer.
.venv/.requirements: requirements.txt constraints.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PINNED) --requirement requirements.txt
	touch $@

# make example    another project that uses live, on http://127.0.0.1:8000/  (make example PORT=8001)
.PHONY: example
example: export PYTHONPATH = $(CURDIR)
example: .venv/.requirements
	.venv/bin/python examples/orders/manage.py migrate --verbosity 0
	.venv/bin/python examples/orders/manage.py sample
	.venv/bin/python examples/orders/manage.py runserver --noreload 127.0.0.1:$(PORT)

# --- tests -----------------------------------------------------------------------------------

# make test        everything, as CI runs it; the tools it needs are installed first, where it may.
#                  Of the doctor's set-ups it takes a third, another one each day
# make test-all    with all of the doctor's set-ups, and all of live on each database with each bell:
#                  the nightly run
# make test-again  the parts that did not pass, one after the other, each from the tests that failed

# Hundreds of processes are started: none has to compile again what one has compiled before it.
unexport PYTHONDONTWRITEBYTECODE

PARTS = test-tickets test-code test-browser test-both test-deploy test-streams test-doctor \
    test-postgres test-redis
.PHONY: test test-all test-again $(PARTS) tools lint lint-scripts
test: tools .venv/.requirements-dev lint
	rm -rf .pytest_cache
	$(MAKE) --jobs=5 --keep-going --output-sync=target --no-print-directory $(PARTS)
test-again: lint
	$(MAKE) --keep-going --no-print-directory \
	    $(filter-out $(notdir $(wildcard .pytest_cache/passed/*)),$(PARTS)) AGAIN=--last-failed

test-all: export DOCTOR_GRID = all
test-all: export BY_BELL = tests/live
test-all: test

# Nine parts, five of them side by side; each remembers by itself what failed, and that it passed.
PYTEST = .venv/bin/python -m pytest --override-ini=cache_dir=.pytest_cache/$@ $(AGAIN)
PASSED = mkdir -p .pytest_cache/passed && touch .pytest_cache/passed/$@
FRONTS = tests/browser tests/deploy
DOCTOR = tests/js tests/streamdoctor
STREAMS = $(patsubst %,tests/streamdoctor/test_%.py,any_stream command site_command)
BY_BELL ?= $(addprefix tests/live/,log process test_checks.py test_connections.py test_contract.py \
    test_delivery.py test_faults.py)
BY_DATABASE = $(addprefix tests/tickets/,attachments lists mail merging presence \
    exchange/test_import_tickets.py webhooks/test_working.py) \
    $(addprefix tests/tickets/inbox/test_,arriving.py keeping.py receive_mail.py) \
    $(addprefix tests/tickets/test_,activity.py api_bulk.py bounded.py database_time.py receivers.py \
    requesters.py search.py tagging.py timeline.py) \
    $(addprefix tests/ticketsystem/,logins serving test_admin_lists.py \
    test_read_only.py test_values.py)

# The code, on SQLite.
test-tickets:
	$(PYTEST) tests/tickets && $(PASSED)
test-code:
	$(PYTEST) $(patsubst %,--ignore=%,$(FRONTS) $(DOCTOR) tests/tickets) && $(PASSED)

# What depends on the database and the bell, on the other three pairs of these.
test-both:
	TEST_DATABASE=postgres TEST_REDIS=1 $(PYTEST) tests/live $(BY_DATABASE) && $(PASSED)
test-postgres:
	TEST_DATABASE=postgres $(PYTEST) $(BY_BELL) && $(PASSED)
test-redis:
	TEST_REDIS=1 $(PYTEST) $(BY_BELL) && $(PASSED)

# Everything in front of it: browsers and proxies.
test-browser:
	$(PYTEST) tests/browser && $(PASSED)
test-deploy:
	$(PYTEST) tests/deploy && $(PASSED)

# The doctor, who mostly waits, and the scripts.
test-doctor:
	node --test --test-reporter=dot tests/js/*.test.js
	$(PYTEST) $(DOCTOR) $(patsubst %,--ignore=%,$(STREAMS)) && $(PASSED)

# The doctor with streams that are not ours, and its commands.
test-streams:
	$(PYTEST) $(STREAMS) && $(PASSED)

lint: .venv/.requirements-dev lint-scripts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# The scripts, by eslint and by the types in their comments (tsc). The site needs neither, nor npm.
lint-scripts:
	@if command -v npm >/dev/null; then \
	    $(MAKE) --silent node_modules/.package-lock.json && npm run --silent lint; \
	else \
	    echo "Skipped the lint of the scripts: npm is not installed (Debian package npm)"; \
	    test "$(CI)" != true; \
	fi

# npm writes this file at the end of each installation.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Debian's packages, as root; anywhere else what is missing is skipped, with its reason.
tools:
	tests/tools

.venv/.requirements-dev: .venv/.requirements requirements-dev.txt bench/requirements.txt
	$(PINNED) --requirement requirements-dev.txt
	touch $@

# make constraints    the newest versions within the bounds, of everything, into constraints.txt;
#                     from an empty environment, so that what is no longer needed drops out
.PHONY: constraints
constraints:
	fresh=$$(mktemp --directory) && trap "rm -r $$fresh" EXIT && \
	    $(PYTHON) -m venv $$fresh && \
	    $$fresh/bin/python $(INSTALL) --requirement requirements-dev.txt && \
	    { echo "# Written by make constraints; requirements.txt has the bounds and their reasons."; \
	      $$fresh/bin/python -m pip freeze; } > $$fresh/constraints.txt && \
	    cp $$fresh/constraints.txt constraints.txt

# make coverage    which lines the tests run through, with the servers that they start; written
#                  into CONTRIBUTING.md. A test that fails, for all is slower, hides no figure.
MEASURED = tests/live tests/tickets tests/ticketsystem
.PHONY: coverage
coverage: .venv/.requirements-dev
	.venv/bin/coverage erase
	-.venv/bin/coverage run -m pytest -p tests.harness.measuring $(MEASURED)
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report --skip-covered
	.venv/bin/coverage json --quiet -o - | .venv/bin/python -m tests.harness.covered

# --- the price -------------------------------------------------------------------------------

# make bench            ours beside its peers: one table, bench/results/latest.json, the plots (50 minutes)
# make bench QUICK=1    few streams, one round (3 minutes); bench/results/trial/
.PHONY: bench
bench: .venv/.requirements-bench
	tests/tools bench
	.venv/bin/python -m bench $(if $(QUICK),--quick)

.venv/.requirements-bench: .venv/.requirements bench/requirements.txt
	$(PINNED) --requirement bench/requirements.txt
	touch $@

# --- production ------------------------------------------------------------------------------

# make prod-check    all of deploy/ at once: PostgreSQL, Redis, two Daphne processes, nginx with TLS
#                    and HTTP/2, Chromium; longer than every timeout in the way (3 minutes)
.PHONY: prod-check
prod-check: tools .venv/.requirements-dev
	PROD_CHECK=1 TEST_DATABASE=postgres TEST_REDIS=1 \
	    .venv/bin/python -m pytest tests/deploy/test_production.py
