"""The benchmark that is kept: whole, consistent, kept promises, and quoted in the READMEs as measured."""

import io
import json
import re
import statistics
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "benchmarks"
sys.path.insert(0, str(FOLDER))

import figure  # noqa: E402
import report  # noqa: E402
import rivals  # noqa: E402
import run as bench  # noqa: E402
import tasks  # noqa: E402

RESULTS = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
SECTIONS = {"recipe", "speed", "neighbour", "cost", "memory", "kernel", "rivals", "many"}


def numbers(node):
    """Every number in a tree of dicts and lists."""
    if isinstance(node, dict):
        return [number for child in node.values() for number in numbers(child)]
    if isinstance(node, list):
        return [number for child in node for number in numbers(child)]
    return [node] if isinstance(node, (int, float)) else []


def test_every_section_says_when_and_where_it_was_measured():
    assert set(RESULTS) == SECTIONS | {"summary"}
    assert RESULTS["recipe"]["series"] == "nikkei225"
    for name in SECTIONS:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", RESULTS[name]["date"]) and RESULTS[name]["load_before"] >= 0
        assert {"cpu", "cores", "torch", "python"} <= set(RESULTS[name]["machine"])
    assert np.isfinite(numbers(RESULTS)).all()


def test_the_summary_is_computed_from_what_is_kept():
    assert RESULTS["summary"] == report.summary(RESULTS)
    rounds, recipe = RESULTS["recipe"]["rounds"], RESULTS["summary"]["recipe"]
    ratios = sorted(turn["recipe"]["seconds_8000"] / turn["default"]["seconds"] for turn in rounds)
    assert len(ratios) == 5 and recipe["default"]["ratio"] == ratios[2]
    assert recipe["hidden_100"]["rmse"] == statistics.median(turn["hidden_100"]["rmse"] for turn in rounds)


def test_what_is_extrapolated_is_marked():
    for turn in RESULTS["recipe"]["rounds"]:
        for run in (turn["recipe"], turn["tuned_recipe"]):
            assert run["extrapolated"] == (run["epochs"] < 8000) == (run["rmse"] is None)
            assert run["seconds_8000"] >= run["measured_seconds"]
    runs = RESULTS["recipe"]["full_runs"]["runs"]
    assert len({run["seed"] for run in runs}) == 5 and RESULTS["recipe"]["full_runs"]["date"]


def test_the_promises_are_kept():
    found = RESULTS["summary"]
    assert found["recipe"]["hidden_100"]["ratio"] >= 100 and found["recipe"]["default"]["ratio"] >= 500
    assert found["recipe"]["hidden_100"]["rmse"] <= found["recipe"]["recipe"]["rmse"]
    assert found["recipe"]["default"]["rmse"] <= found["recipe"]["recipe"]["rmse"]
    assert found["speed"]["five_seeds_seconds"] < 2
    assert all(size["default_to_one_thread"] <= 1.5 for size in found["neighbour"].values())


def test_the_number_of_epochs_was_chosen_on_the_validation_part():
    for choice in RESULTS["recipe"]["choice_of_epochs"]:
        medians = np.median(choice["validation_rmse"], axis=0)
        fit = [epoch for epoch, rmse in enumerate(medians, start=1) if rmse <= 1.01 * medians.min()]
        assert choice["chosen"] == fit[0]
    assert {turn["hidden_100"]["epochs"] for turn in RESULTS["recipe"]["rounds"]} == {
        RESULTS["recipe"]["choice_of_epochs"][0]["chosen"]
    }


def test_the_tasks_still_run():
    """Each in miniature: what made results.json must not rot."""
    from helpers.model import LSTMRegressor, count_parameters
    from helpers.training import Forecaster

    assert count_parameters(tasks.SourceA()) == count_parameters(LSTMRegressor(1, 100))  # the same model
    x, x_test, t, _ = tasks.nikkei()
    assert x_test.shape == (100, 5, 1)
    short = tasks.recipe(seed=0, epochs=3)
    assert short["seconds_8000"] == pytest.approx(short["measured_seconds"] + 7.997 * short["ms_per_epoch"])
    assert len(tasks.plain_lstm(x[:64], t[:64], x_test, seed=0, epochs=1)) == 100
    models = [Forecaster(x[:50], t[:50], seed=seed) for seed in range(3)]
    each = sum(((run.model(run.x) - run.t) ** 2).mean().item() for run in models)
    assert tasks.batched_loss([run.model for run in models], models[0].x, models[0].t)() == pytest.approx(
        each, rel=1e-5
    )
    assert tasks.default(x[:64], t[:64], x_test, seed=0, epochs=1).shape == tasks.ridge(x, t, x_test).shape == (100,)


def test_electricity_is_that_of_step_06():
    """The same columns as in the notebook: no row knows the hour that it forecasts."""
    load, columns = tasks.electricity()
    change = load.diff()
    for row in (-1, -500):
        hour = columns.index[row]
        position = load.index.get_loc(hour)
        assert (
            columns["day"].iloc[row] == change.iloc[position - 23]
            and columns["week"].iloc[row] == change.iloc[position - 167]
        )


def test_rivals_are_given_what_step_10_knows_and_no_more():
    """No value of the test reaches a covariate less than a week ahead, nor is a gap filled from later rows."""
    table, known, ahead = tasks.car_parks()
    first = len(table) - tasks.TEST_WEEKS * tasks.PERIOD
    assert known.row.max() + tasks.HORIZON < first <= ahead.row.min() + 1
    long, later = tasks.long_table(table), table.copy()
    later.iloc[first:] += 9
    assert not long["y"].isna().any() and len(long) == table.size
    recorded = table.notna().to_numpy().T.ravel()
    assert np.array_equal(long["y"][recorded], table.to_numpy().T.ravel()[recorded])
    changed = tasks.long_table(later)
    early = (long["ds"] < first).to_numpy()
    pd.testing.assert_frame_equal(long[early], changed[early])
    covariates = long.drop(columns="y")[(long["ds"] < first + tasks.PERIOD).to_numpy()]
    pd.testing.assert_frame_equal(covariates, changed.loc[covariates.index, covariates.columns])


def test_a_rivals_forecasts_are_read_by_series_origin_and_step():
    rows = [(k, o, o + s, 100 * k + 10 * o + s) for k in range(3) for o in range(2) for s in (1, 2, 3, 4)]
    forecasts = pd.DataFrame(rows, columns=["unique_id", "cutoff", "ds", "model"]).sample(frac=1, random_state=0)
    y = rivals.array(forecasts, "model", 4)
    assert y.shape == (3, 2, 4) and y[2, 1, 3] == 214 and y[0, 1, 0] == 11


def test_step_10s_methods_run_and_are_scored_on_the_same_windows():
    assert len(tasks.many("ridge for all")["forecasts"]) == len(tasks.car_parks()[2])
    rows = RESULTS["summary"]["many"]["methods"]
    assert set(rows) <= set(report.MANY) and RESULTS["many"]["rivals"]["runs"]
    assert tasks.many("ridge for all")["rmse"] == pytest.approx(rows["ridge for all"]["rmse"], rel=1e-4)
    ours = [row["rmse"] for name, row in rows.items() if name in ("LSTM for all", "boosting for all", "ridge for all")]
    assert len(ours) == 3 and max(ours) < rows["now + usual change"]["rmse"]


def test_a_missing_environment_is_said_in_both_languages(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "HERE", tmp_path)
    assert not bench.built()
    words = capsys.readouterr().out
    assert "make bench-rivals で" in words and "make bench-rivals builds" in words


@pytest.mark.parametrize("language", ["ja", "en", "both"])
def test_the_figure_can_be_drawn_in_each_language(language, monkeypatch, recwarn):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    picture = figure.benchmark(RESULTS)
    assert picture.png().startswith(b"\x89PNG") and " / " in picture.alt
    assert not [warning for warning in recwarn if "missing from font" in str(warning.message)]
    for axes in picture.figure.axes:
        looks = [(line.get_marker(), line.get_linestyle()) for line in axes.lines]
        assert axes.get_xlabel() and axes.get_ylabel() and len(set(looks)) == len(looks) >= 3


def test_the_figure_that_is_kept_is_that_of_the_results(monkeypatch):
    """Drawn again in both languages it has the kept one's size and, but for the reader's machine, its picture."""
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "both")
    drawn = Image.open(io.BytesIO(figure.benchmark(RESULTS).png())).convert("L")
    with Image.open(FOLDER / "results.png") as kept:
        assert kept.size == drawn.size
        difference = np.abs(np.asarray(kept.convert("L"), dtype=float) - np.asarray(drawn, dtype=float))
    assert (difference > 64).mean() < 0.02  # other numbers move points and curves


def test_make_bench_is_there_and_its_packages_are_pinned():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^bench: ", makefile) and "tests/benchmarks/run.py" in makefile
    lines = [
        line
        for line in (FOLDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    torch = next(
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("torch==")
    )
    assert torch in lines


@pytest.mark.parametrize("language", report.READMES)
def test_readmes_quote_the_benchmark_as_measured(language):
    block = report.BLOCK.search((ROOT / report.READMES[language]).read_text(encoding="utf-8"))
    if not block:
        pytest.skip("this README does not quote it")
    assert block[2] == report.table(RESULTS, language)
    assert RESULTS["summary"]["recipe"]["others"] <= report.QUIET, "measured on a busy machine: run make bench again"


@pytest.mark.parametrize("language", report.READMES)
def test_readmes_quote_step_10s_task_as_measured(language):
    text = (ROOT / report.READMES[language]).read_text(encoding="utf-8")
    assert report.MANY_BLOCK.search(text)[2] == report.many_table(RESULTS, language)
    busy = {"ja": "ほかの仕事でふさがっていました", "en": "busy with other work"}[language]
    assert (busy in text) == (RESULTS["summary"]["many"]["others"] > report.QUIET)
