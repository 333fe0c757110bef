"""The stored run of the usual recipe: its form, and that the script computes what it says."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers.data import DataError, load_prices
from helpers.data.series import BUNDLED
from helpers.windows import make_windows

SCRIPT = BUNDLED / "usual_recipe.py"
STORED = json.loads((BUNDLED / "usual_recipe.json").read_text(encoding="utf-8"))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from tasks import SourceA  # noqa: E402  (the recipe's model, written down a second time)


def run(*arguments, **environment) -> subprocess.CompletedProcess:
    environment = os.environ | {"LSTM_TUTORIAL_OFFLINE": "1"} | environment
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Three epochs on IBM, as the script writes them."""
    out = tmp_path_factory.mktemp("recipe") / "short.json"
    done = run("--epochs", 3, "--series", "ibm", "--out", out)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def test_what_is_stored_is_the_whole_recipe_on_the_nikkei():
    assert [STORED[key] for key in ("series", "column", "epochs", "seed")] == ["nikkei225", "Open", 8000, 0]
    assert STORED["torch"].startswith("2.13.0") and STORED["seconds"] > 10 and STORED["cores"] >= 1
    assert list(STORED["losses"]) == ["1", *(str(epoch) for epoch in range(500, 8001, 500))]
    assert list(STORED["lag profile"]) == [str(lag) for lag in range(11)]


def test_what_is_stored_is_plausible():
    losses = STORED["losses"]
    assert 5 < losses["1"] < 20  # nearly 0 against targets of 2.5 to 4.2, squared
    assert losses["8000"] < 1.1 * STORED["naive loss"] < losses["500"] < losses["1"]
    assert STORED["RMSE"] == pytest.approx(STORED["naive RMSE"], rel=0.2)
    assert STORED["lag profile"]["0"] == pytest.approx(STORED["RMSE"], rel=0.1)


def test_what_is_stored_holds_no_price():
    def leaves(node):
        return [leaf for child in node.values() for leaf in leaves(child)] if isinstance(node, dict) else [node]

    assert not any(isinstance(leaf, list) for leaf in leaves(STORED)) and len(leaves(STORED)) < 60


def test_a_short_run_has_the_form_of_the_stored_one(short):
    assert short.keys() == STORED.keys() and short["lag profile"].keys() == STORED["lag profile"].keys()
    assert {key: type(value) for key, value in short.items()} == {key: type(value) for key, value in STORED.items()}
    assert (short["series"], short["epochs"], list(short["losses"])) == ("ibm", 3, ["1", "3"])


def test_a_short_run_computes_what_it_says(short):
    prices = load_prices("ibm")
    x, t = make_windows(prices[prices.attrs["column"]] / prices.attrs["scale"], 5)
    torch.manual_seed(0)
    model, losses = SourceA(), []
    optimizer = torch.optim.AdamW(model.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        loss = ((model(x[:-100]) - t[:-100]) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert [short["losses"]["1"], short["losses"]["3"]] == pytest.approx([losses[0], losses[2]], rel=1e-4)
    actual = t[-100:, 0].double().numpy() * prices.attrs["scale"]
    y = model(x[-100:]).detach()[:, 0].double().numpy() * prices.attrs["scale"]
    assert short["RMSE"] == pytest.approx(np.sqrt(((actual - y) ** 2).mean()), rel=1e-4)
    for lag in range(11):
        error = np.sqrt(((actual[10 - lag : 100 - lag] - y[10:]) ** 2).mean())
        assert short["lag profile"][str(lag)] == pytest.approx(error, rel=1e-4)
    opened = prices[prices.attrs["column"]].to_numpy()
    assert short["naive RMSE"] == pytest.approx(np.sqrt((np.diff(opened)[-100:] ** 2).mean()), rel=1e-4)
    changes = np.diff(opened)[4:-100] / prices.attrs["scale"]
    assert short["naive loss"] == pytest.approx((changes**2).mean(), rel=1e-4)


def test_no_other_series_takes_the_place_of_one_that_cannot_be_had(tmp_path):
    asked = []

    def unavailable(name, fallback=None):
        asked.append((name, fallback))
        raise DataError("ない", "not there")

    usual_recipe = runpy.run_path(str(SCRIPT))["usual_recipe"]
    usual_recipe.__globals__["load_prices"] = unavailable
    with pytest.raises(DataError):
        usual_recipe("nikkei225", epochs=1)
    assert asked == [("nikkei225", None)]
    done = run("--epochs", 1, "--series", tmp_path / "missing.csv", "--out", tmp_path / "none.json")
    assert done.returncode != 0 and not (tmp_path / "none.json").exists()
