"""The code that a notebook teaches does what the helper of the same name does.

A notebook shows the plain definition; the helper may check its input first, or take another way. Both are run here on the
same input, so that neither can drift from the other.
"""

import ast
import contextlib
import importlib
import io
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from minutes import STEPS
from torch import nn

ROOT = Path(__file__).parents[1]
TOY = [100, 102, 105, 103, 106, 108, 107, 109]
FRAME = pd.DataFrame({"Open": np.arange(40.0) ** 1.5, "Close": np.arange(40.0)[::-1]})
WALK = np.cumsum(np.random.default_rng(0).normal(size=60)) + 100
RELATIVE = pd.DataFrame({"Low": -np.abs(np.diff(WALK)), "High": np.diff(WALK) ** 2})
RELATIVE["range"] = RELATIVE["High"] - RELATIVE["Low"]
X = torch.randn(30, 5, 1, generator=torch.Generator().manual_seed(0))
T = X[:, -1] * 0.5


def windows(make_windows):
    return [
        make_windows(TOY, 5),
        make_windows(FRAME, 4, 3, 2),
        make_windows(FRAME["Open"], window=3, horizon=2, stride=5, include_input=True),
    ]


def opened(cls):
    """What two looks give, and the numbers that they print."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        envelope = cls("taught", (X, T))
        looks = [envelope.open(), envelope.open()]
    return looks, list(dict.fromkeys(re.findall(r"\d+", printed.getvalue())))


def model(cls):
    outputs = []
    for settings in (
        {},
        {"hidden_size": 7, "num_layers": 2, "horizon": 3, "cell": "gru"},
        {"hidden_size": 1, "cell": "rnn"},
    ):
        torch.manual_seed(0)
        outputs.append(cls(**settings)(X))
    return outputs


def small_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1))


def partly_frozen():
    network = small_model()
    network[1].weight.requires_grad = False
    return network


def fitted(fit):
    seen, one, other = [], small_model(), small_model()
    losses = fit(one, X, T, torch.optim.LBFGS(one.parameters(), line_search_fn="strong_wolfe"), 4)
    more = fit(
        other,
        X,
        T,
        torch.optim.SGD(other.parameters(), 0.1),
        9,
        on_epoch=lambda epoch, loss: seen.append((epoch, loss)) or epoch == 6,
        loss_function=nn.functional.l1_loss,
    )
    return losses, more, seen, one.state_dict()


def paths(cls):
    torch.manual_seed(0)
    return cls(1, 6, 4)(X)


def adapted(adaptive_margins):
    return [adaptive_margins(WALK[:20] - 100, WALK - 100, q, gamma).tolist() for q in (0.5, 0.9) for gamma in (0, 0.3)]


def intervals(skill_interval):
    one, other = np.cumsum(np.random.default_rng(0).normal(size=(2, 50, 4)), axis=1)
    answers = [
        skill_interval(one, other, 1),
        skill_interval(other, one, 7),
        skill_interval(one, other, 25, resamples=30),
    ]
    return [[float(number) for number in answer] for answer in answers]


def walked(walk):
    def last_and_count(x, t, previous):
        return lambda latest: latest[:, -1, :1] + len(x) + (0 if previous is None else previous(latest) / 1000)

    options = ({}, {"train_size": 20}, {"window": 3, "refit_every": 4})
    return [list(walk(values, 9, last_and_count, **option)) for values in (WALK, FRAME) for option in options]


def one_epoch(train_epoch):
    network = small_model()
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    return [train_epoch(network, optimizer, X, T, 8, 3, epoch) for epoch in (1, 2)], network.state_dict()


def evaluated(evaluate):
    from helpers.training import Scale

    x, t = X + 100, T + 100
    return evaluate(small_model(), Scale.of(x, "relative"), x, t)


def stopped(cls):
    stopping, network = cls(2), small_model()
    answers = [stopping(epoch, loss, network) for epoch, loss in enumerate([3.0, 2.0, 2.5, 1.0, 1.5, 1.0, 1.2], 1)]
    return answers, stopping.best, stopping.best_epoch, stopping.weights


def saved(save_checkpoint, folder):
    save_checkpoint({"epoch": 1}, folder / "checkpoint.pt")
    save_checkpoint({"epoch": 2, "weights": X}, folder / "checkpoint.pt")
    return [torch.load(folder / "checkpoint.pt", weights_only=True), sorted(file.name for file in folder.iterdir())]


def week_before(function):
    table = pd.DataFrame({"a": WALK, "b": np.where(np.arange(60) % 7 == 3, np.nan, WALK**2)})
    return [function(table, 5), function(table, period=12)]


def covariate_model(cls):
    torch.manual_seed(0)
    return [cls(1, 4, 6, 3)(X, X[:, :4, 0]), cls(1, 0, 5, 2)(X, X[:, :0, 0])]


TAUGHT = {  # notebook -> name -> (module of the helper, what is asked of both)
    "02_windowing": {
        "make_windows": ("windows", windows),
        "split_last": ("windows", lambda split_last: split_last(X, T, 7)),
        "Envelope": ("windows", opened),
    },
    "03_model": {
        "LSTMRegressor": ("model", model),
        "count_parameters": ("model", lambda count: [count(small_model()), count(partly_frozen())]),
    },
    "04_training_loop": {"fit": ("training", fitted)},
    "05_validation": {
        "rmse": ("validation", lambda rmse: [rmse(WALK, WALK**2), rmse(WALK, WALK)]),
        "skill": (
            "validation",
            lambda skill: [skill(WALK[1:], WALK[1:] + 0.1, WALK[:-1]), skill(WALK, WALK, WALK + 1)],
        ),
        "lag_profile": (
            "validation",
            lambda profile: [profile(WALK[1:], WALK[:-1]), profile(WALK, WALK[::-1].copy(), max_lag=3)],
        ),
    },
    "07_many_steps": {
        "purge": ("windows", lambda purge: [purge(X, T, 1), purge(X, T, 9), purge(X, T, horizon=14, stride=5)]),
        "recursive": ("horizons", lambda recursive: recursive(lambda x: x[:, -1] + x[:, -2], X, 5)),
        "EncoderDecoder": ("horizons", paths),
        "rmse_by_step": ("horizons", lambda rmse: rmse(X[:, :, 0].double(), FRAME.to_numpy()[:30, :1] + np.zeros(5))),
        "skill_interval": ("validation", intervals),
    },
    "08_uncertainty": {
        "margin": (
            "uncertainty",
            lambda margin: [float(margin(np.abs(WALK - 100), q)) for q in (-0.2, 0.0, 0.1, 0.8, 0.99, 1.2)],
        ),
        "adaptive_margins": ("uncertainty", adapted),
        "outside": ("uncertainty", lambda outside: outside(WALK, WALK[::-1] - 1, WALK[::-1] + 2).tolist()),
    },
    "09_many_columns": {
        "recent_range": ("columns", lambda recent: [recent(RELATIVE, 1), recent(RELATIVE, half_life=7.5)]),
        "scaled_quantiles": ("columns", lambda quantiles: quantiles(RELATIVE, 9, (0.2, 0.7), half_life=3).tolist()),
    },
    "10_many_series": {
        "last_period": ("many", week_before),
        "usual": ("many", week_before),
        "CovariateLSTM": ("many", covariate_model),
    },
    "12_backtest_and_search": {"walk": ("backtest", walked)},
    "13_amazon_project": {
        "train_epoch": ("project.trainer", one_epoch),
        "evaluate": ("project.trainer", evaluated),
        "EarlyStopping": ("project.trainer", stopped),
        "save_checkpoint": ("project.checkpoint", saved),
    },
}
PROGRAMS = {"machines", "terminal", "__main__"}  # whose names are everyday words


def code(notebook):
    read = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4)
    python = [re.sub(r"(?m)^ *[!%].*", "", cell.source) for cell in read.cells if cell.cell_type == "code"]  # no shell
    return [ast.parse(source) for source in python]


def definitions(trees):
    return {node.name for tree in trees for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def namespace(notebook):
    """The notebook's imports (those of its first cell stand in a try), constants and definitions, without a line that computes."""
    names = {}
    for tree in code(notebook):
        for node in tree.body:
            constant = (
                isinstance(node, ast.Assign) and node.targets[0].__class__ is ast.Name and node.targets[0].id.isupper()
            )
            if isinstance(node, ast.ImportFrom) and node.module.startswith("helpers.panels"):
                continue  # nothing taught needs it
            if constant or isinstance(node, (ast.Import, ast.ImportFrom, ast.Try, ast.FunctionDef, ast.ClassDef)):
                exec(compile(ast.Module([node], []), notebook, "exec"), names)
    return names


def same(one, other):
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.allclose(one, other, rtol=1e-6, atol=0)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
        return True
    if isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other)
        return True
    return one == pytest.approx(other, rel=1e-6) if isinstance(one, float) else one == other


@pytest.mark.parametrize(("notebook", "name"), [(notebook, name) for notebook in TAUGHT for name in TAUGHT[notebook]])
def test_the_code_taught_does_what_the_helper_does(notebook, name, tmp_path):
    module, ask = TAUGHT[notebook][name]
    answers = []
    for number, home in enumerate((namespace(notebook), vars(importlib.import_module(f"helpers.{module}")))):
        folder = tmp_path / str(number)
        folder.mkdir()
        torch.manual_seed(1)
        answers.append(ask(home[name], folder) if ask is saved else ask(home[name]))
    assert same(*answers)


def test_every_definition_that_a_helper_has_too_is_compared():
    files = [
        *(ROOT / "helpers").glob("*.py"),
        *(ROOT / "helpers" / "leakage").glob("*.py"),
        *(ROOT / "helpers" / "project").glob("*.py"),
    ]
    helpers = set.union(
        *(definitions([ast.parse(file.read_text(encoding="utf-8"))]) for file in files if file.stem not in PROGRAMS)
    )
    for file in STEPS:
        assert definitions(code(file.stem)) & helpers == TAUGHT.get(file.stem, {}).keys(), file.stem


def test_taught_code_calls_no_hidden_check():
    for file in STEPS:
        calls = {
            node.func.id
            for tree in code(file.stem)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not {name for name in calls if name.startswith("check_")}, file.stem
