"""Step 11: every leak that is switched on is found, and the hold-out never knows of it."""

import numpy as np
import pytest
import torch

from helpers.data import generate, load_prices
from helpers.leakage import LEAKS, Experiment, alter, in_use, laboratory_suite, scores
from helpers.validation import skill_interval

TEST = 100
SERIES = {
    "ibm": load_prices("ibm")["Open"].tail(500).to_numpy(),
    "usdjpy": load_prices("usdjpy")["Close"].tail(500).to_numpy(),
    "sine": generate("sine")["Close"].tail(500).to_numpy(),
} | {f"random_walk {seed}": generate("random_walk", 500, seed)["Close"].to_numpy() for seed in range(2)}
WALK = SERIES["random_walk 0"]
FINDS = {  # what must fire for each leak; others may fire too
    "include_input": {"skill_without_target"},
    "shuffle": {"future_changes_past", "skill_without_target"},
    "evaluation": {"evaluation_changes_weights", "future_changes_past", "skill_without_target"},
    "epoch": {"future_changes_past"},
    "scaler": {"statistics_depend_on_test", "future_changes_past"},
    "parts": {"statistics_depend_on_test", "future_changes_past"},
}
OTHER = [{"target": "level"}, {"scaling": "minmax"}, {"target": "level", "scaling": "minmax"}]


def fired(findings):
    return {finding.tripwire for finding in findings if finding.fired}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("leak", LEAKS)
def test_every_planted_leak_is_found(leak, name):
    seed = list(SERIES).index(name)  # another start of training with each series
    assert FINDS[leak] <= fired(laboratory_suite(SERIES[name], TEST, [leak], seed=seed))


@pytest.mark.parametrize("options", OTHER, ids=str)
@pytest.mark.parametrize("leak", ["scaler", "parts"])
def test_a_leak_in_the_scaling_is_found_however_it_scales(leak, options):
    for name in ("ibm", "random_walk 1"):
        assert FINDS[leak] <= fired(laboratory_suite(SERIES[name], TEST, [leak], epochs=5, **options))


@pytest.mark.parametrize("name", SERIES)
def test_no_tripwire_fires_on_the_clean_pipeline(name):
    for seed, options in enumerate([{}, {}, *OTHER]):
        findings = list(laboratory_suite(SERIES[name], TEST, seed=seed, **options))
        assert len(findings) == 4 and all(finding.fired is False for finding in findings), findings


def test_all_leaks_at_once_and_no_switch_by_another_name():
    assert fired(laboratory_suite(WALK, TEST, LEAKS)) == set.union(*FINDS.values())
    with pytest.raises(ValueError, match="リークはありません(.|\n)*no such leak: {'scalar'}"):
        Experiment(WALK, TEST, ["scalar"])
    with pytest.raises(
        ValueError, match="target は change、level のどれか(.|\n)*target is one of change, level: 'price'"
    ):
        Experiment(WALK, TEST, target="price")
    with pytest.raises(ValueError, match="scaling is one of standard, minmax: 'robust'"):
        Experiment(WALK, TEST, scaling="robust")


@pytest.mark.parametrize("options", [{}, OTHER[-1]], ids=str)
@pytest.mark.parametrize("leak", [None, *LEAKS])
def test_no_leak_reaches_the_hold_out(leak, options):
    leaks = [leak] if leak else []
    series = SERIES["ibm"]
    before = scores(series, TEST, TEST, leaks, **options)
    other = scores(alter(series, len(series) - TEST, "shock"), TEST, TEST, leaks, **options)
    assert before["apparent"] == other["apparent"] and before["hold-out"] != other["hold-out"]


def test_each_part_is_scaled_by_its_own_minimum_and_maximum_or_all_by_those_of_the_training():
    rising = np.linspace(1, 9, 300)
    for leaks in ([], ["parts"]):
        experiment = Experiment(rising, 50, leaks, window=10, horizon=5, target="level", scaling="minmax", epochs=0)
        train, test = (experiment.x_train, experiment.scale), (experiment.x_test, experiment.test_scale)
        for x, scale in (train, test) if leaks else (train,):
            z, expected = scale.inputs(x), (x - x.min()) / (x.max() - x.min())
            torch.testing.assert_close(z, expected)
            assert (z.min(), z.max()) == (0, 1)
        assert leaks or experiment.test_scale.inputs(experiment.x_test).max() > 1.2  # it rises past all of the training


def test_levels_show_what_changes_hide():
    """The series rises all the time: the last levels are in no training window, but their changes are."""
    values = load_prices("co2")["Close"].tail(600).to_numpy()

    def seen(leak=None, **options):
        skills = [scores(values, TEST, TEST, [leak] if leak else [], seed=seed, **options) for seed in range(2)]
        return np.mean([list(skill.values()) for skill in skills], axis=0)

    assert abs(seen("scaler") - seen())[0] < 0.05
    clean, scaler, parts = (seen(leak, target="level") for leak in (None, "scaler", "parts"))
    assert clean[0] < -0.8 and scaler[0] > clean[0] + 0.4 and parts[0] > 0.05
    assert parts[1] == clean[1] < -3  # in use, nothing of it is true
    own = seen("parts", target="level", scaling="minmax")
    assert own[0] > seen(target="level", scaling="minmax")[0] + 0.8 and own[1] < -3


@pytest.mark.parametrize("leak", ["shuffle", "evaluation", "include_input"])
def test_leaks_show_skill_where_there_is_none(leak):
    for seed in range(4):
        seen = scores(generate("random_walk", 600, seed)["Close"], TEST, TEST, [leak])
        assert seen["apparent"] > 0.05 and seen["apparent"] > seen["hold-out"] + 0.05


@pytest.mark.parametrize("target", ["change", "level"])
def test_the_hold_out_forecasts_are_what_a_loop_gives(target):
    values = SERIES["ibm"]
    experiment = Experiment(values[:-TEST], TEST, ["parts"], window=8, horizon=3, epochs=2, target=target).train()
    mean, std = (number.numpy() for number in (experiment.scale.standard.mean, experiment.scale.standard.std))
    errors, changes = [], []
    for first in range(len(values) - TEST, len(values) - 2):  # the first of three values to forecast
        known, actual = values[first - 8 : first], values[first : first + 3]
        origin = known[-1] if target == "change" else 0
        z = torch.tensor((known - origin - mean) / std, dtype=torch.float32)
        y = experiment.model(z[None, :, None])[0].detach().numpy() * std + (known[-1] if origin else mean)
        errors.append(actual - y)
        changes.append(actual - known[-1])
    actual, y, naive = (part.numpy() for part in experiment.hold_out(values, TEST))
    np.testing.assert_allclose(actual - y, errors, atol=2e-3)
    np.testing.assert_allclose(actual - naive, changes, atol=2e-4)
    shown = scores(values, TEST, TEST, ["parts"], window=8, horizon=3, epochs=2, target=target)["hold-out"]
    assert shown == pytest.approx(1 - np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(changes))), abs=1e-4)


def test_the_mean_forecast_in_use_is_scored_in_blocks_as_long_as_the_horizon():
    values = SERIES["usdjpy"]
    runs = [Experiment(values[:-TEST], TEST, seed=seed, window=8, horizon=3, epochs=2).train() for seed in range(3)]
    skills, (mean, low, high) = in_use(runs, values, TEST)
    alone = [scores(values, TEST, TEST, seed=seed, window=8, horizon=3, epochs=2)["hold-out"] for seed in range(3)]
    assert skills == alone and low < mean < high and mean >= min(skills)  # an average errs less than the worst of them
    actual, naive = (runs[0].hold_out(values, TEST)[part].numpy() for part in (0, 2))
    y = np.mean([run.hold_out(values, TEST)[1].numpy() for run in runs], axis=0)
    assert mean == pytest.approx(1 - np.sqrt(np.mean((actual - y) ** 2) / np.mean((actual - naive) ** 2)), rel=1e-4)
    assert (mean, low, high) == pytest.approx(skill_interval(actual - y, actual - naive, block=3), rel=1e-4)


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
