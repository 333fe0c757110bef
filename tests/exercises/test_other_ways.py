"""Right solutions in other words than the folded ones: plain Python, pandas, PyTorch, rounded."""

import pytest
from test_sheets import STEPS, check_line, namespace

WAYS = [
    ("05_validation", "observe-sine", "best_lags = [int(lag_profile(*pair).argmin()) for pair in ((actual, y), (actual_sine, y_sine))]"),
    ("05_validation", "study-out-of-range", """
import torch
def skills(actual, y, naive, t_train):
    actual, y, naive = map(torch.tensor, (actual, y, naive))
    outside = (actual < t_train.min()) | (actual > t_train.max())
    return [1 - (actual - y)[d].square().mean().sqrt() / (actual - naive)[d].square().mean().sqrt() for d in (~outside, outside)]
"""),
    ("05_validation", "study-out-of-range", """
def skills(actual, y, naive, t_train):
    low, high = float(t_train.min()), float(t_train.max())
    def of(days):
        a, b = (sum((actual[k] - f[k]) ** 2 for k in days) ** 0.5 for f in (y, naive))
        return round(1 - a / b, 4)
    within = [k for k, price in enumerate(actual) if low <= price <= high]
    return of(within), of([k for k in range(len(actual)) if k not in within])
"""),
    ("09_many_columns", "study-five-days", """
import pandas as pd
def skills(ewm, empirical):
    table = pd.DataFrame({"ewm": ewm, "empirical": empirical})
    rest = table.drop((table["empirical"] - table["ewm"]).nlargest(5).index)
    return pd.Series([1 - t["ewm"].sum() / t["empirical"].sum() for t in (table, rest)])
"""),
    ("09_many_columns", "study-five-days", """
def skills(ewm, empirical):
    days = sorted(zip(ewm, empirical), key=lambda day: day[1] - day[0])
    return [round(1 - sum(a for a, _ in part) / sum(b for _, b in part), 4) for part in (days, days[:-5])]
"""),
    ("11_leakage", "write-tripwire", """
def moved(forecast, values, test, row):
    changed = values.copy()
    changed[row:] /= 10
    before, after = forecast(values, test), forecast(changed, test)
    return sum(before[k] != after[k] for k in range(test) if len(values) - test + k <= row)
"""),
    ("12_backtest_and_search", "study-remains", """
import torch
def share(validation, test):
    best = torch.tensor(validation).max(dim=1)
    return torch.tensor(test).gather(1, best.indices[:, None]).mean() / best.values.mean()
"""),
    ("12_backtest_and_search", "study-remains", """
def share(validation, test):
    pairs = [max(zip(v, t)) for v, t in zip(validation, test)]
    return round(sum(t for _, t in pairs) / sum(v for v, _ in pairs), 3)
"""),
    ("13_amazon_project", "bug-kept-weights", """
import copy
def best_weights(model, epoch, losses):
    best, kept = float("inf"), None
    for loss in losses:
        epoch(model)
        if loss < best:
            best, kept = loss, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return kept["weight"]
"""),
    ("13_amazon_project", "bug-kept-weights", """
def best_weights(model, epoch, losses):
    seen = []
    for _ in losses:
        epoch(model)
        seen.append(model.weight.tolist())
    return seen[losses.index(min(losses))]
"""),
    ("13_amazon_project", "study-one-number", """
learned = (train[1] / train[0][:, -1] - 1).mean(dim=0)
skills = [round(float(skill(t, x[:, -1] * (1 + learned), x[:, -1].expand_as(t))), 5) for x, t in (validation, test.open())]
"""),
    ("15_many_machines", "write-large-model", "my_hours = [326, 41.7]"),
    ("15_many_machines", "write-large-model", "my_hours = (326, 42)"),
    ("08_uncertainty", "study-unrest", """
def coverages(sizes, calibration, around):
    values = list(sizes)
    days = [(sum(values[k - 20 : k]) / 20, values[k] <= around) for k in range(calibration, len(values))]
    means = sorted(mean for mean, _ in days)
    middle = (means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2
    parts = [[inside for mean, inside in days if (mean > middle + 1e-12) == volatile] for volatile in (False, True)]
    return tuple(sum(part) / len(part) for part in parts)
"""),
]  # fmt: skip


@pytest.fixture
def hand_in(capsys, monkeypatch, tmp_path):
    """Runs an exercise's cell of a sheet and then an answer, and gives what its check prints."""
    monkeypatch.setenv("LSTM_TUTORIAL_PROGRESS", str(tmp_path))

    def said(name, cell_id, answer):
        body, last, *_ = check_line(name, cell_id)
        variables = namespace(name)
        exec(body, variables)
        exec(answer, variables)
        capsys.readouterr()
        exec(last, variables)
        return capsys.readouterr().out

    return said


@pytest.mark.parametrize(("name", "cell_id", "answer"), WAYS)
def test_another_right_solution_is_accepted(name, cell_id, answer, hand_in):
    said = hand_in(name, cell_id, answer)
    assert STEPS[name].done()[1] == 1, said


LIVE = """
def best_weights(model, epoch, losses):
    for _ in range(losses.index(min(losses)) + 1):
        epoch(model)
    return model.state_dict()["weight"]
"""
WRONG = [
    ("13_amazon_project", "bug-kept-weights", LIVE, "one more epoch changes them too"),
    (
        "05_validation",
        "study-out-of-range",
        "actual_walk, y_walk = y_walk, actual_walk; skills = skill",
        "(ValueError: actual_walk)",
    ),
    ("05_validation", "write-two-days-back", "actual = naive; my_skill = 0.3", "actual, made in the set-up, has been"),
    ("15_many_machines", "write-large-model", "my_hours = (326, 20)", "The time of writes is hardly in this"),
]


@pytest.mark.parametrize(("name", "cell_id", "answer", "words"), WRONG)
def test_a_wrong_solution_that_gives_the_right_numbers_is_refused(name, cell_id, answer, words, hand_in, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    assert words in hand_in(name, cell_id, answer)
