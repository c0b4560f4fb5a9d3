# Two commands: `make study` and `make test`. Everything goes into .venv.
#
# TORCH_INDEX: where torch comes from, e.g. https://download.pytorch.org/whl/cpu (small, no CUDA)
# or https://download.pytorch.org/whl/cu128. Unset: pip's own index.

PYTHON ?= python3
TORCH = torch==2.13.0
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/pip --disable-pip-version-check -q

.PHONY: study test check cluster bench lint lock clean

study: $(VENV)/.installed
	$(BIN)/ecorec run quickstart --yes --out studies/quickstart/out

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

check: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "slow or browser"

# A Ray cluster of three nodes on this machine, one of which dies: four minutes, and nothing beside.
cluster: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m cluster

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(TORCH) -c requirements.lock $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	touch $@

$(VENV)/.installed: $(VENV)/.torch requirements.lock pyproject.toml
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP) install -r requirements-dev.lock
	touch $@

# The versions that work together, from a fresh environment; torch is pinned above.
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q $(TORCH) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	.venv-lock/bin/pip install -q -e .
	.venv-lock/bin/pip freeze --exclude-editable --exclude torch > requirements.lock
	.venv-lock/bin/pip install -q -e ".[dev,browser]"
	.venv-lock/bin/pip freeze --exclude-editable --exclude torch > requirements-dev.lock
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q $(TORCH) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	.venv-lock/bin/pip install -q -c requirements.lock -e ".[bench]"
	.venv-lock/bin/pip freeze --exclude-editable --exclude torch > requirements-bench.lock
	rm -rf .venv-lock

# ARGS: e.g. --quick, or --dataset ml-1m --data-path FOLDER; see benchmarks/README.md.
bench: $(VENV)/.installed-bench .venv-recbole/.installed
	$(BIN)/python benchmarks/bench.py $(ARGS)

$(VENV)/.installed-bench: $(VENV)/.installed requirements-bench.lock
	$(PIP) install -r requirements-bench.lock
	touch $@

# RecBole 1.2.1 needs older libraries, and for nothing that is run here its tuner (ray, hyperopt).
.venv-recbole/.installed: requirements-recbole.lock
	$(PYTHON) -m venv .venv-recbole
	.venv-recbole/bin/pip --disable-pip-version-check -q install $(TORCH) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	.venv-recbole/bin/pip --disable-pip-version-check -q install --no-deps -r requirements-recbole.lock
	touch $@

clean:
	rm -rf $(VENV) .venv-recbole studies/*/out .mypy_cache .ruff_cache .pytest_cache
