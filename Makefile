# Each command sets up what it needs in .venv; CONTRIBUTING.md says what they are for.
PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check install

.PHONY: demo test lint bench notebooks

demo: .venv/demo
	.venv/bin/python demo.py

test: .venv/test
	.venv/bin/python -m coverage run -m pytest
	.venv/bin/python -m coverage report

lint: .venv/dev
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy

bench: .venv/bench
	.venv/bin/python -m benchmarks

notebooks: .venv/test
	.venv/bin/python notebooks/run.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

# pip compiles the engine where a C compiler is; elsewhere the engine in Python runs.
ENGINE = $(wildcard autograd/primitives/*.py native/*.*) autograd/value.py autograd/backprop.py hatch_build.py

# One mark per set of extras, renewed when the requirements or the engine change.
.venv/%: pyproject.toml $(ENGINE) | .venv/bin/python
	$(PIP) --editable '.[$*]'
	@.venv/bin/python -c "import autograd; print('autograd.engine():', autograd.engine())"
	touch $@

# One of the peers is a C extension: where there is no compiler, its column is missing.
.venv/bench: pyproject.toml $(ENGINE) | .venv/bin/python
	$(PIP) --editable '.[bench]'
	-$(PIP) minigrad
	touch $@
