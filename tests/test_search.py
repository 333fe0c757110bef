"""Step 12: the score of a trial, the space of settings, and the best of many against all its draws."""

from datetime import datetime
from itertools import combinations

import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from helpers import search
from helpers.data import generate, load_prices
from helpers.language import BadInput
from helpers.windows import make_windows

PRICES = load_prices("ibm")[["Open", "Close"]].tail(300).to_numpy()
SETTINGS = {"window": 4, "hidden_size": 4, "num_layers": 1, "lr": 1.0, "target": "level"}


def test_the_skill_of_a_part_does_not_see_what_comes_after():
    alone = search.skills(PRICES[:-50], SETTINGS, [60], epochs=3)
    together = search.skills(PRICES, SETTINGS, [60, 50], epochs=3)
    assert together[0] == pytest.approx(alone[0], abs=1e-4)
    changed = PRICES.copy()
    changed[-50:] *= 3
    assert search.skills(changed, SETTINGS, [60, 50], epochs=3)[0] == pytest.approx(alone[0], abs=1e-4)


@pytest.mark.parametrize("window", [2, 17])
def test_the_skill_is_that_of_the_last_rows_whatever_the_window(window):
    class Yesterday:  # an independent forecast whose errors are known: the value two rows back
        def __init__(self, *arguments, **model):
            pass

        def train(self, epochs):
            return self

        def __call__(self, x):
            return x[:, -2, :1]

    real, search.Forecaster = search.Forecaster, Yesterday
    try:
        seen = search.skills(PRICES, SETTINGS | {"window": window}, [60, 40])
    finally:
        search.Forecaster = real
    opens = PRICES[:, 0]
    for part, skill in zip((slice(-100, -40), slice(-40, None)), seen, strict=True):
        two_back, one_back = opens - np.roll(opens, 2), opens - np.roll(opens, 1)
        assert skill == pytest.approx(1 - np.sqrt((two_back[part] ** 2).sum() / (one_back[part] ** 2).sum()), abs=1e-4)


@pytest.mark.parametrize("parts", [[200], [100, 100], [145]])
def test_parts_that_leave_nothing_to_train_on_are_refused(parts):
    with pytest.raises(BadInput, match=rf"150 行(.|\n)*{sum(parts)} 行(.|\n)*150 rows(.|\n)*take a longer series"):
        search.skills(PRICES[:150], SETTINGS, parts, epochs=1)
    with pytest.raises(
        ValueError, match="epochs は 1 以上(.|\n)*epochs must be"
    ):  # untrained, it would be scored all the same
        search.skills(PRICES[:150], SETTINGS, [10], epochs=0)
    assert len(search.skills(PRICES[:150], SETTINGS, [144], epochs=1)) == 1  # two windows are left


def test_an_empty_part_is_refused_by_its_place():
    with pytest.raises(BadInput, match="parts.1. は 1 以上の整数(.|\n)*parts.1. must be a whole number"):
        search.skills(PRICES, SETTINGS, [50, 0])


def test_a_search_is_refused_before_its_first_trial_and_not_when_a_long_window_comes_up():
    search.objective(PRICES, 283)
    with pytest.raises(BadInput, match="window 15(.|\n)*284 rows"):
        search.objective(PRICES, 284)
    with pytest.raises(BadInput, match="validation は 1 以上"):
        search.objective(PRICES, 0)


def test_settings_scored_on_more_parts_are_not_trained_again(monkeypatch):
    kept = {}
    (alone,) = search.skills(PRICES[:-50], SETTINGS, [60], epochs=3, trained=kept)
    monkeypatch.setattr(search.Forecaster, "train", None)
    assert search.skills(PRICES, SETTINGS, [60, 50], epochs=3, trained=kept)[0] == pytest.approx(alone)
    for other in ({"seed": 1}, {"epochs": 2}):
        with pytest.raises(TypeError):  # what differs is trained
            search.skills(PRICES, SETTINGS, [60, 50], **{"epochs": 3, "trained": kept} | other)
    with pytest.raises(TypeError):
        search.skills(PRICES, SETTINGS | {"hidden_size": 5}, [60, 50], epochs=3, trained=kept)
    with pytest.raises(TypeError):
        search.skills(PRICES, SETTINGS, [60, 40], epochs=3, trained=kept)  # on ten rows more


def test_the_baseline_is_the_feature_asked_for():
    """Against the previous close the same forecast has another skill, and the two are linked by the baselines' errors."""
    (naive,), (close,) = (search.skills(PRICES, SETTINGS, [60], epochs=3, baseline=k) for k in (0, 1))
    opens, last = PRICES[-60:, 0], PRICES[-61:-1]
    errors = np.sqrt(np.mean((opens[:, None] - last) ** 2, axis=0))
    assert (1 - close) * errors[1] == pytest.approx((1 - naive) * errors[0], rel=1e-4) and close < naive


def test_the_space_is_inside_what_the_model_takes():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(5):
        settings = search.suggest(study.ask())
        x, _ = make_windows(PRICES, settings["window"])
        assert len(x) == 300 - settings["window"] and np.isfinite(search.skills(PRICES, settings, [50], epochs=1)[0])


def test_a_search_is_refused_where_the_value_stands_still():
    """Each of its trials would have a skill of NaN, which Optuna counts as failed."""
    still = np.concatenate([PRICES, np.repeat(PRICES[-1:], 60, axis=0)])
    search.objective(still, 61)
    with pytest.raises(BadInput, match="検証部分の 60 行(.|\n)*longer validation part"):
        search.objective(still, 60)


def test_a_search_finds_the_target_that_a_random_walk_above_its_past_needs():
    """Far above all training levels only the forecast of changes works: the search must find that out from the data."""
    walk = np.cumsum(np.abs(generate("random_walk", 300)["Close"].diff().dropna().to_numpy())) + 100
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(search.objective(walk, 60, epochs=4), n_trials=8)
    assert study.best_params["target"] == "change"


def test_a_study_can_be_looked_at_before_its_first_trial_is_complete():
    study = optuna.create_study()
    assert search.trial_table(study).empty
    study.enqueue_trial({"window": 3})
    queued = search.trial_table(study)
    assert list(queued["state"]) == ["WAITING"] and queued[["skill", "start", "end"]].isna().all(axis=None)
    search.suggest(study.ask())
    running = search.trial_table(study)
    assert list(running["state"]) == ["RUNNING"] and list(running["start"]) == [0] and running["end"].isna().all()
    assert list(running["window"]) == [3]
    study.tell(0, 0.5)
    complete = search.trial_table(study)
    assert list(complete["skill"]) == [0.5] and complete["end"][0] > 0
    assert (
        list(complete) == list(running)
        and (complete[["skill", "start", "end"]].dtypes == queued[["skill", "start", "end"]].dtypes).all()
    )


def test_the_table_of_trials_counts_seconds_from_the_first_start_and_names_processes_and_retries():
    study = optuna.create_study()
    for start, end, worker, marks in ((10, 15, "east:11", {}), (12, 19, "west:12", {"failed_trial": 0})):
        times = {
            "datetime_start": datetime(2024, 1, 1, 0, 0, start),
            "datetime_complete": datetime(2024, 1, 1, 0, 0, end),
        }
        empty = {"params": {}, "distributions": {}, "intermediate_values": {}, "number": 0, "trial_id": 0}
        study.add_trial(
            FrozenTrial(
                state=TrialState.COMPLETE,
                value=0.5,
                user_attrs={"worker": worker},
                system_attrs=marks,
                **times,
                **empty,
            )
        )
    table = search.trial_table(study)
    assert table[["start", "end"]].to_numpy().tolist() == [[0, 5], [2, 9]]
    assert list(table["worker"]) == ["11", "12"] and np.isnan(table["retry of"][0]) and table["retry of"][1] == 0


def test_the_best_of_n_is_the_mean_over_all_draws():
    rng = np.random.default_rng(0)
    validation, test = rng.normal(size=7), rng.normal(size=7)
    table = search.best_of(validation, test)
    for n in range(1, 8):
        kept = [max(draw, key=lambda k: validation[k]) for draw in combinations(range(7), n)]
        assert table.loc[n, "validation"] == pytest.approx(np.mean(validation[kept]))
        assert table.loc[n, "test"] == pytest.approx(np.mean(test[kept]))


def test_the_best_of_more_than_a_thousand_is_still_a_number():
    """C(1,100, 550) is beyond a float; its shares are not."""
    scores = np.arange(1100.0)
    table = search.best_of(scores, -scores)
    assert table.notna().all(axis=None) and table.loc[1, "validation"] == pytest.approx(scores.mean())
    assert table.loc[1100, "validation"] == pytest.approx(1099)
    for n in (2, 500, 1000):  # the mean of the largest of n drawn from 0 .. N - 1
        assert table.loc[n, "validation"] == pytest.approx(n * 1101 / (n + 1) - 1)


def test_of_a_hundred_worthless_settings_the_best_looks_good_and_is_not():
    """Pure chance: the validation score of the kept one follows the expected maximum of a normal sample, its test score stays at 0."""
    rng = np.random.default_rng(1)
    tables = [search.best_of(rng.normal(size=100), rng.normal(size=100)) for _ in range(200)]
    mean = sum(tables) / len(tables)
    assert mean["validation"].is_monotonic_increasing and mean.loc[100, "validation"] == pytest.approx(2.51, abs=0.1)
    assert mean["test"].abs().max() < 0.25
