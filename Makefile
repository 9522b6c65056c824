PYTHON ?= python3
EXTRAS ?= dev,docs
VENV ?= .venv
BIN := $(VENV)/bin
READER := rapidocr-onnxruntime==1.4.4  # one file of it reads scale bars

.PHONY: demo test lint docs samples calibration soak bench-optimizer clean

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv

$(BIN)/grainstats: $(BIN)/uv pyproject.toml
	@echo "Installing into $(VENV): 1.4 GB, some minutes"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e .
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python $(READER)
	$(BIN)/python -m grainstats.run.compile_loops
	@touch $(BIN)/grainstats

demo: $(BIN)/grainstats  ## install the core and run the whole job on data_samples/
	$(BIN)/grainstats demo --out demo_out

test: $(BIN)/uv  ## install the development extra, lint, build the documentation and test
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e ".[$(EXTRAS)]"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python $(READER)
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy segment grainstats
	$(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m pytest -n auto --dist loadfile

docs: $(BIN)/uv  ## the documentation as a site in build/site
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e ".[docs]"
	$(BIN)/mkdocs build --strict --quiet

calibration: $(BIN)/grainstats  ## error rates and power of the verdict and of the comparison, on fresh mosaics
	$(BIN)/python calibration/calibrate.py --workers 2
	$(BIN)/python calibration/calibrate_comparison.py
	$(BIN)/python calibration/outside_table.py --work scratch/outside --seed 7 --mosaics 50
	$(BIN)/python calibration/calibrate_outside.py --work scratch/outside --seed 7
	$(BIN)/python calibration/fit_power.py
	$(BIN)/python calibration/calibrate_growth.py --seconds inf

soak: $(BIN)/grainstats  ## 10,000 images, one in a hundred bad, killed 20 times: equal to an undisturbed run
	$(BIN)/python calibration/soak.py --out build/soak

bench-optimizer: $(BIN)/grainstats  ## suggestions against random search, BOXVIA's engine and a plain process
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e ".[optimizer]" GPy GPyOpt "setuptools<80"
	$(BIN)/python calibration/optimizer_benchmark.py

samples: $(BIN)/grainstats  ## draw data_samples/ again from its seeds
	$(BIN)/python scripts/make_samples.py

lint:
	$(BIN)/ruff check . && $(BIN)/lint-imports && $(BIN)/mypy segment grainstats

clean:
	rm -rf $(VENV) demo_out build dist
