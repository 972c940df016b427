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
