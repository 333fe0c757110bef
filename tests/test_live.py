"""The panels without a browser: the newest wish wins, one job at a time, mistakes leave the picture, the ledger keeps all."""

import asyncio
import base64
import io
import re
import threading

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest

from helpers import live
from helpers.data import load_prices
from helpers.windows import make_windows


def panel(work, **buttons):
    slider = widgets.IntSlider(1, 0, 100, continuous_update=False)
    return live.Panel({"value": (slider, "値", "value")}, work, buttons), slider


def picture(html):
    return re.search(r'src="data:image/png;base64,([^"]+)"', html)[1]


def ledger_rows(panel):
    data = re.search(r'href="data:text/csv;base64,([^"]+)"', panel.result.value)[1]
    return pd.read_csv(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def playground():
    return live.playground("ibm", None, epochs=2, hidden_size=4)


def test_the_first_picture_is_there_when_the_cell_is_done(playground):
    assert 'alt="' in playground.result.value and len(ledger_rows(playground)) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("window", 9), ("hidden_size", 3), ("num_layers", 2), ("cell", "gru"), ("cell", "rnn"), ("epochs", 3), ("seed", 7), ("series", "sine")],
)
def test_every_control_trains_anew_and_draws(playground, name, value):
    before = picture(playground.result.value)
    playground.controls[name][0].value = value
    rows = ledger_rows(playground)
    assert picture(playground.result.value) != before and playground.status.value == ""
    assert len(rows) == 2 and rows.iloc[-1][name] == value


def test_the_ledger_says_what_a_difference_is_worth(playground):
    playground.controls["seed"][0].value = 1
    assert "five seeds" in playground.result.value and "5 つの種" in playground.result.value
    playground.buttons["seeds"].click()
    rows = ledger_rows(playground)
    assert list(rows["seed"][-5:]) == [1, 2, 3, 4, 5] and list(rows["run"]) == list(range(1, 8))
    assert rows["RMSE"][2] == rows["RMSE"][1]  # the same settings and seed: the same error
    playground.controls["seed"][0].value = 2
    assert re.search(r"(in|out)side the spread over seeds \(±[\d.]+\)", playground.result.value)
    playground.controls["series"][0].value = "co2"
    assert "Another series" in playground.result.value


def test_the_spread_is_that_of_two_runs():
    ledger = live.Ledger()
    ledger.spread["ibm", None, 5] = 1.0
    settings = {"series": "ibm", "window": 5}
    for rmse in (10.0, 12.8, 16.0):
        ledger.add(settings, pd.Series({"RMSE": rmse, "skill": 0.0, "best lag": 1}), 10.0, 0.1)
    assert "outside" in ledger.difference()[1] and "範囲外" in ledger.difference()[0]  # 3.2 > 2 sqrt(2)
    ledger.rows.pop()
    assert "inside" in ledger.difference()[1] and "範囲内" in ledger.difference()[0]  # 2.8 < 2 sqrt(2)


def test_a_setting_that_cannot_be_says_so_and_the_picture_stays(tmp_path):
    dates = pd.bdate_range("2024-01-01", periods=130).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": dates, "Close": 100 + np.sin(np.arange(130))}).to_csv(tmp_path / "short.csv", index=False)
    game = live.playground(tmp_path / "short.csv", None, epochs=1, hidden_size=2)
    good = game.result.value
    game.controls["window"][0].value = 60  # 130 rows leave 70 windows, fewer than the test needs
    assert game.result.value == good
    assert 'role="alert"' in game.status.value and "test" in game.status.value and "窓は 70 個" in game.status.value
    game.controls["window"][0].value = 6
    assert game.status.value == "" and game.result.value != good


def test_the_newest_wish_wins_and_the_rest_is_never_finished():
    done, active = [], []

    def work(value):
        active.append(value)
        assert len(active) == 1  # one job at a time
        try:
            for step in range(20):
                yield step / 20
            done.append(value)
            return f"<p>{value}</p>"
        finally:
            active.remove(value)

    async def reader():
        board, slider = panel(work)
        for value in (2, 3, 4, 5):
            slider.value = value
            await asyncio.sleep(0.003)
        while board._running:
            await asyncio.sleep(0.01)
        return board

    board = asyncio.run(reader())
    assert done == [1, 5] and "<p>5</p>" in board.result.value


def test_a_wish_from_another_thread_joins_the_run_that_is_under_way():
    threads, done = set(), []

    def work(value):
        for step in range(50):
            threads.add(threading.get_ident())
            yield step / 50
        done.append(value)
        return str(value)

    async def reader():
        board, slider = panel(work)
        slider.value = 2
        await asyncio.sleep(0.01)
        other = threading.Thread(target=lambda: setattr(slider, "value", 3))
        other.start()
        other.join()
        while board._running:
            await asyncio.sleep(0.01)

    asyncio.run(reader())
    assert done == [1, 3] and threads == {threading.get_ident()}


def test_a_long_run_shows_its_progress_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0.05)
    seen = []

    def work(value):
        for step in range(1000 if value > 1 else 1):
            yield step / 1000
        return f"<p>{value}</p>"

    async def reader():
        board, slider = panel(work)
        board.bar.observe(lambda change: seen.append(change["new"]), "value")
        slider.value = 2
        assert board.progress.layout.visibility == "hidden"
        await asyncio.sleep(0.6)
        assert board.progress.layout.visibility == "visible"
        board.stop.click()
        while board._running:
            await asyncio.sleep(0.01)
        return board

    board = asyncio.run(reader())
    assert seen and 0 < seen[-1] < 1 and board.progress.layout.visibility == "hidden"
    assert "<p>1</p>" in board.result.value and re.search(r"Stopped at \d+%", board.status.value)


def test_labels_follow_the_language_at_the_next_draw(playground, monkeypatch):
    assert playground.controls["window"][0].description == "窓の長さ / window"
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    playground.controls["seed"][0].value = 3
    assert playground.controls["window"][0].description == "window" and playground.buttons["seeds"].description == "five seeds"
    body = re.sub(r'<img alt="[^"]*"', "", playground.result.value)
    assert not re.search(r"[\u3040-\u30ff]", body)


def test_every_control_has_a_label_and_acts_on_release(playground):
    for widget, ja, en in playground.controls.values():
        assert ja and en and widget.description and getattr(widget, "continuous_update", False) is False


def test_pages_without_widgets_get_the_picture_as_html(playground):
    bundle = playground._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<img alt=" in bundle["text/html"] and "JupyterLab で" in bundle["text/html"]


def test_no_figure_stays_open(playground):
    import matplotlib.pyplot as plt

    for seed in range(1, 4):
        playground.controls["seed"][0].value = seed
    assert plt.get_fignums() == []


def test_windows_explorer_shows_the_windows_that_make_windows_cuts():
    prices = load_prices("ibm").tail(200)
    explorer = live.windows_explorer(prices, "Open")
    explorer.controls["window"][0].value = 3
    explorer.controls["stride"][0].value = 7
    x, t = make_windows(prices["Open"], 3, 1, 7)
    assert f"x {tuple(x.shape)}" in explorer.result.value and f"t {tuple(t.shape)}" in explorer.result.value
    table = pd.read_html(io.StringIO(explorer.result.value))[0]
    assert np.allclose(table.iloc[:, 1:4], x[:6, :, 0], rtol=1e-4) and np.allclose(table.iloc[:, 4], t[:6, 0], rtol=1e-4)


def test_loss_explorer_lays_the_runs_over_each_other_and_names_a_breakdown():
    x, t = make_windows(load_prices("ibm")["Open"].tail(200), 5)
    explorer = live.loss_explorer(x, t, epochs=5)
    first = picture(explorer.result.value)
    explorer.controls["optimizer"][0].value = "lbfgs"
    assert picture(explorer.result.value) != first and "naive forecast" in explorer.result.value
    good = explorer.result.value
    explorer.work = lambda **settings: (_ for _ in ()).throw(FloatingPointError("損失が nan\nthe loss became nan"))
    explorer.controls["lr"][0].value = 1.0
    assert explorer.result.value == good and "損失が nan<br>the loss became nan" in explorer.status.value


def test_each_leak_is_a_named_box_that_draws_anew_and_is_found(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    laboratory = live.leakage_laboratory("ibm", None, rows=400, hold_out=60, test=60)
    clean = laboratory.result.value
    assert "FIRED" not in clean and clean.count("silent") == 4
    for leak, (_, en) in live.LEAKS.items():
        box = laboratory.controls[leak][0]
        assert box.description == en
        box.value = True
        assert "FIRED" in laboratory.result.value and picture(laboratory.result.value) != picture(clean), leak
        box.value = False
        assert laboratory.result.value == clean
    laboratory.controls["series"][0].value = "random_walk"
    assert laboratory.status.value == "" and picture(laboratory.result.value) != picture(clean)


def test_backtest_explorer_walks_as_the_helper_does_and_every_control_draws_anew():
    explorer = live.backtest_explorer("ibm", None, test=30, every=15, first=2, epochs=1, hidden_size=2)
    prices = load_prices("ibm").tail(live.MAX_ROWS)
    values = prices[["Open", "Close"]].to_numpy()
    learner = live.partial(live.refit_lstm, first=2, epochs=1, hidden_size=2)
    y = live.walk_forward(values, 30, learner, every=15)
    rmse = pd.read_html(io.StringIO(explorer.result.value))[0].iloc[0, 1]
    assert float(rmse) == pytest.approx(np.sqrt(np.mean((values[-30:, 0] - y) ** 2)), rel=1e-3)
    for name, value in {"sliding": True, "rows": 200, "every": 10, "window": 8, "hidden_size": 3, "target": "change", "seed": 1, "series": "usdjpy"}.items():
        before = picture(explorer.result.value)
        explorer.controls[name][0].value = value
        assert explorer.status.value == "" and picture(explorer.result.value) != before, name
    assert "previous close" not in explorer.result.value  # USD/JPY has one rate a day
