# make lab           open JupyterLab on step 00
# make install       build the environment, and nothing else
# make test          run every test: the helpers' and every notebook, cell by cell
# make lint          the form of the code, and who may import whom (make lint FIX=1 mends what can be mended)
# make test-browser  open every notebook in JupyterLab and Chromium, and move its controls as a reader would
# make notebooks     execute the notebooks in place, so that their stored outputs are fresh
# make site          the notebooks as a web site in site/, one edition in each language (ARGS=--stored does not execute them)
# make slides        the same, and where its slides for a class are
# make bench         measure: the usual recipe, other libraries, cost, memory (fifteen minutes; ARGS=--full trains the recipe to its end)
# make offline       collect into offline/ what installs and runs without a network; take the whole folder along
# make live          ask the real Yahoo Finance, as step 01 does (the only test that needs a network)
# Each builds .venv when it is missing, incomplete or older than what it is built from.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
OURS := $(VENV)/lstm-tutorial
# Where make offline has been, wheels come from its folder and no network is asked.
WHEELS := offline
EXTRAS := test,browser,site
# An environment holds the path of its folder in many files: in a folder that was moved or copied it is of no use.
MOVED := $(shell test -f $(OURS) && test "$$(cat $(OURS))" != "$$(pwd -P)" && echo moved)
PIP_FROM := $(if $(wildcard $(WHEELS)/torch-*.whl),--no-index --find-links $(WHEELS))
# JupyterLab refuses to run as root unless told; containers have no other user.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

export PYTHONUTF8 := 1
# Jupyter, matplotlib and the language switch write under the home folder. Where it is missing or read-only, as on some machines
# of a school, one in the environment takes its place.
ifneq ($(shell test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
export HOME := $(abspath $(VENV))/home
endif

.PHONY: install lab test lint test-browser notebooks site slides offline live bench bench-rivals clean moved
.DELETE_ON_ERROR:

install: $(INSTALLED)

lab: $(INSTALLED)
	@mkdir -p "$$HOME"
	$(BIN)/python -m jupyter lab $(AS_ROOT) $(ARGS) notebooks/00_start_here.ipynb

test: $(INSTALLED)
	@mkdir -p "$$HOME"
	$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED)
	$(BIN)/python -m ruff check $(if $(FIX),--fix)
	$(BIN)/python -m ruff format $(if $(FIX),,--check)
	$(BIN)/lint-imports

# Chromium is the system's; where there is none, Playwright fetches its own.
test-browser: $(INSTALLED)
	@command -v chromium chromium-browser google-chrome > /dev/null || $(BIN)/python -m playwright install chromium || { \
		echo "Chromium が見つかりません。Debian と Ubuntu では: sudo apt install chromium"; \
		echo "There is no Chromium. On Debian and Ubuntu: sudo apt install chromium"; exit 1; }
	$(BIN)/python -m pytest -o addopts= tests/browser $(ARGS)

# Readers see the stored outputs on the web, so they are made in both languages and carry no clock times. Without the widgets'
# state every page that cannot run them shows the HTML beside them. What their author has answered and solved stays out.
notebooks: $(INSTALLED)
	LSTM_TUTORIAL_LANGUAGE=both LSTM_TUTORIAL_PROGRESS=none $(BIN)/python -m jupyter nbconvert --log-level WARN --to notebook --inplace --execute \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
		$(or $(NOTEBOOKS),notebooks/*.ipynb notebooks/exercises/*.ipynb)
	$(BIN)/python notebooks/images/extract.py

# What was executed before stays in build/web: only what has changed is executed again.
site: $(INSTALLED)
	$(BIN)/python web/build.py $(ARGS)

slides: site
	@echo "スライド: site/ja/slides/index.html"
	@echo "Slides: site/en/slides/index.html"

# Without a network the rivals' environment cannot be built; the rest is measured all the same.
bench: $(INSTALLED)
	@$(MAKE) --no-print-directory bench-rivals PYTHON=$(BIN)/python || echo "他のライブラリなしで測ります / measuring without the other libraries"
	$(BIN)/python tests/benchmarks/run.py $(ARGS)

# Wheels fit one kind of system and one version of Python: run this on a machine like those of the class. The project itself is
# installed from its folder, so its own wheel, which pip builds along the way, is dropped. Old wheels do not serve to renew them.
offline: PIP_FROM :=
offline: $(INSTALLED)
	$(BIN)/python -m pip wheel --disable-pip-version-check -w $(WHEELS) -c constraints.txt 'setuptools>=77' '.[$(EXTRAS)]'
	@rm -f $(WHEELS)/lstm_forecasting_tutorial-*.whl
	$(BIN)/python data/download.py

live: $(INSTALLED)
	$(BIN)/python tests/live.py

# The other libraries want an older pandas, so they live apart. torch comes first and alone: nothing may pull in another.
RIVALS := tests/benchmarks/.venv
bench-rivals: $(RIVALS)/installed

$(RIVALS)/installed: tests/benchmarks/requirements.txt
	$(PYTHON) -m venv --clear $(RIVALS)
	$(RIVALS)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0
	$(RIVALS)/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

# Two marks. The first says that the environment is ours, and is there before anything else is: a .venv without it is
# somebody's own and stays as it is. The second is written last and set aside first: without it the last install was cut off
# somewhere, perhaps in the middle of a package that pip would take for whole, so the environment starts afresh; with it,
# only what changed is installed. Where pip says that it could not, for want of a network perhaps, the old mark is put back:
# the environment stays, and the next call tries again.
$(INSTALLED): pyproject.toml constraints.txt $(MOVED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 以降が必要です。例: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
		echo "Python 3.11 or newer is needed, for example: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -w . || { \
		echo "このフォルダーに書き込めません。書き込める場所にコピーしてください: $(CURDIR)"; \
		echo "This folder cannot be written to. Copy it to a place that can: $(CURDIR)"; exit 1; }
	@test ! -e $(VENV) || test -f $(OURS) || { \
		echo "$(VENV) は、この教材が作ったものではないので、そのままにします。別の場所を使うには: make VENV=.venv-lstm $(MAKECMDGOALS)"; \
		echo "$(VENV) was not made by this tutorial, so it is left alone. To use another place: make VENV=.venv-lstm $(MAKECMDGOALS)"; exit 1; }
	@test -f $@ || { rm -rf $(VENV) && mkdir $(VENV) && pwd -P > $(OURS) && $(PYTHON) -m venv $(VENV); } || { \
		echo "仮想環境を作れません。Debian と Ubuntu では: sudo apt install python3-venv"; \
		echo "The virtual environment cannot be made. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@test ! -f $@ || mv $@ $@.old
	@$(BIN)/python -m pip install --disable-pip-version-check $(PIP_FROM) -c constraints.txt -e '.[$(EXTRAS)]' || { \
		test -f $@.old || exit 1; mv $@.old $@; \
		echo "$(VENV) を更新できませんでした。次の make がもう一度試します。前の環境は残してあります: $(BIN)/python -m jupyter lab"; \
		echo "$(VENV) could not be updated; the next make tries again. What was there is kept: $(BIN)/python -m jupyter lab"; exit 1; }
	@# No pop-up about news and updates in front of a class, and nothing asked of the network.
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
		> $(VENV)/share/jupyter/lab/settings/overrides.json
	@rm -f $@.old
	@touch $@

moved:
	@echo "フォルダーの場所か名前が変わったので、$(VENV) を作り直します。"
	@echo "The folder has been moved, renamed or copied: $(VENV) is built again."
	@rm -f $(INSTALLED)

clean:
	@if test -f $(OURS); then rm -rf $(VENV); elif test -e $(VENV); then \
		echo "$(VENV) は、この教材が作ったものではないので、そのままにします。"; \
		echo "$(VENV) was not made by this tutorial, so it is left alone."; fi
	rm -rf $(RIVALS) .pytest_cache *.egg-info build site
