"""Step 11: every leak that is switched on is found, and the hold-out never knows of it."""

import numpy as np
import pytest
import torch

from helpers.data import generate, load_prices
from helpers.leakage import LEAKS, Experiment, alter, laboratory_suite, scores

TEST = 100
SERIES = {
    "ibm": load_prices("ibm")["Open"].tail(500).to_numpy(),
    "usdjpy": load_prices("usdjpy")["Close"].tail(500).to_numpy(),
    "sine": generate("sine")["Close"].tail(500).to_numpy(),
} | {f"random_walk {seed}": generate("random_walk", 500, seed)["Close"].to_numpy() for seed in range(2)}
WALK = SERIES["random_walk 0"]
FINDS = {  # what must fire for each leak; others may fire too
    "scaler": {"statistics_depend_on_test", "future_changes_past"},
    "shuffle": {"future_changes_past", "skill_without_target"},
    "evaluation": {"evaluation_changes_weights", "future_changes_past", "skill_without_target"},
    "target": {"skill_without_target"},
    "epoch": {"future_changes_past"},
}


def fired(findings):
    return {finding.tripwire for finding in findings if finding.fired}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("leak", LEAKS)
def test_every_planted_leak_is_found(leak, name):
    seed = list(SERIES).index(name)  # another start of training with each series
    assert FINDS[leak] <= fired(laboratory_suite(SERIES[name], TEST, [leak], seed=seed))


@pytest.mark.parametrize("name", SERIES)
def test_no_tripwire_fires_on_the_clean_pipeline(name):
    for seed in (0, 1):
        findings = list(laboratory_suite(SERIES[name], TEST, seed=seed))
        assert len(findings) == 4 and all(finding.fired is False for finding in findings), findings


def test_all_leaks_at_once_and_no_switch_by_another_name():
    assert fired(laboratory_suite(WALK, TEST, LEAKS)) == set.union(*FINDS.values())
    with pytest.raises(ValueError, match="リークはありません(.|\n)*no such leak: {'scalar'}"):
        Experiment(WALK, TEST, ["scalar"])


@pytest.mark.parametrize("leak", [None, *LEAKS])
def test_no_leak_reaches_the_hold_out(leak):
    leaks = [leak] if leak else []
    series = SERIES["ibm"]
    before = scores(series, TEST, TEST, leaks)
    other = scores(alter(series, len(series) - TEST, "shock"), TEST, TEST, leaks)
    assert before["apparent"] == other["apparent"] and before["hold-out"] != other["hold-out"]


@pytest.mark.parametrize("leak", ["shuffle", "evaluation", "target"])
def test_leaks_show_skill_where_there_is_none(leak):
    for seed in range(4):
        seen = scores(generate("random_walk", 600, seed)["Close"], TEST, TEST, [leak])
        assert seen["apparent"] > 0.05 and seen["apparent"] > seen["hold-out"] + 0.05


def test_the_hold_out_skill_is_what_a_loop_gives():
    values = SERIES["ibm"]
    experiment = Experiment(values[:-TEST], TEST, window=8, horizon=3, epochs=2).train()
    errors, changes = [], []
    for first in range(len(values) - TEST, len(values) - 2):  # the first of three values to forecast
        known, target = values[first - 8 : first], values[first : first + 3]
        z = (
            torch.tensor(known - known[-1], dtype=torch.float32) - experiment.scale.standard.mean
        ) / experiment.scale.standard.std
        y = experiment.model(z[None, :, None])[0].detach().numpy() * experiment.scale.standard.std.numpy() + known[-1]
        errors.append(target - y)
        changes.append(target - known[-1])
    expected = 1 - np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(changes)))
    assert experiment.hold_out(values, TEST) == pytest.approx(expected, abs=1e-4)


def test_no_training_target_is_later_than_the_first_test_forecast():
    for leaks in ([], ["shuffle"]):
        experiment = Experiment(
            np.arange(300.0), 50, leaks, window=10, horizon=5, epochs=0
        )  # rows are their own numbers
        assert len(experiment.x_test) == len(experiment.t_test) == 50 and len(experiment.x_train) == 286 - 50 - 4
        in_time = bool(experiment.t_train.max() == experiment.x_test[:, -1].min())
        assert in_time is (not leaks)


def test_forecasts_of_the_laboratory_stand_at_the_rows_they_are_for():
    experiment = Experiment(WALK, TEST, epochs=0)  # untrained: it answers with the last known value, horizon rows back
    np.testing.assert_allclose(experiment.forecast(50), WALK[-50 - 20 : -20], rtol=1e-5)
