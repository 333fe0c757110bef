"""Step 14: the best forecast is the best one, every leak gets its name, mistakes are told, and a card says it all."""

import json
import os
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.challenge import class_number, collect, load_challenge, practice, report_card
from helpers.challenge.card import DATA
from helpers.challenge.examples import LEAKING, NEED_GAPS, find_period, reading, ridge, simple_until_proven
from helpers.challenge.grading import WORTH, baselines, grade
from helpers.challenge.leaks import LEAKS, find_leaks, outside_leaks
from helpers.challenge.running import Failure, ask
from helpers.challenge.series import AHEAD, COLUMN, HORIZON, KINDS, KNOWN, ROWS, draw, exam_origins, practice_origins
from helpers.challenge.source import hash_of, outside_tables, source_of
from helpers.challenge.study import study, summary
from helpers.language import BadInput
from helpers.language.words import WORDS

FIRST = {kind: next(number for number in range(200) if draw(number).kind == kind) for kind in KINDS}
WITH_GAPS = next(number for number in range(200) if draw(number).gaps and draw(number).kind == "season")


def naive(table, origins):
    return np.repeat(table[COLUMN].ffill().to_numpy()[origins, None], HORIZON, axis=1)


def honest(table, origins):
    return ridge(table[COLUMN].ffill().to_numpy(), origins)


# The series


def test_a_number_gives_one_series_in_the_form_of_the_house():
    table = load_challenge(WITH_GAPS)
    assert len(table) == KNOWN and table.index.name == "Date" and table.index.is_monotonic_increasing
    assert table.attrs["column"] == COLUMN and set(table.dtypes) == {np.dtype(float)}
    draw.cache_clear()
    pd.testing.assert_frame_equal(table, load_challenge(WITH_GAPS))
    assert not table.equals(load_challenge(WITH_GAPS + 1))
    assert draw(WITH_GAPS).table[COLUMN].isna().any() and np.isfinite(draw(WITH_GAPS).truth).all()


@pytest.mark.parametrize("number", [-1, 1.5, "7", True])
def test_a_number_is_whole_and_not_negative(number):
    with pytest.raises(BadInput):
        load_challenge(number)


def test_a_teacher_fixes_the_number(monkeypatch, capsys):
    assert class_number(5) == 5
    monkeypatch.setenv("LSTM_TUTORIAL_CHALLENGE", "77")
    assert class_number(5) == 77 and "77" in capsys.readouterr().out
    monkeypatch.setenv("LSTM_TUTORIAL_CHALLENGE", "seven")
    with pytest.raises(BadInput):
        class_number(5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_forecast_is_the_mean_of_many_futures(kind):
    """The law is simulated here by itself, from an origin whose value is observed."""
    one, random = draw(FIRST[kind]), np.random.default_rng(0)
    origin = next(int(o) for o in exam_origins() if one.table[COLUMN].notna().to_numpy()[o])
    r, z = np.full(40_000, one.truth[origin] / one.unit - one.level[origin]), np.full(40_000, one.z[origin])
    for step in range(HORIZON):
        g = z**2 - 1 if kind == "leading square" else z
        r = one.phi * r + one.effect * g + random.standard_normal(len(r))
        z = one.psi * z + np.sqrt(1 - one.psi**2) * random.standard_normal(len(z))
        mean = one.unit * (one.level[origin + step + 1] + r.mean())
        assert one.best([origin])[0, step] == pytest.approx(mean, abs=5 * one.unit * r.std() / 200)


def test_at_a_gap_the_best_forecast_goes_on_from_the_last_value():
    one = draw(WITH_GAPS)
    missing = one.table[COLUMN].isna().to_numpy()
    gap = int(np.flatnonzero(missing[:-HORIZON] & ~np.roll(missing, 1)[:-HORIZON])[-1])
    r = one.truth[gap - 1] / one.unit - one.level[gap - 1]
    wanted = one.unit * (one.level[gap + AHEAD] + one.phi ** (AHEAD + 1) * r)
    np.testing.assert_allclose(one.best([gap])[0], wanted)


def test_the_period_is_found():
    seasons = [draw(number) for number in range(40) if draw(number).kind == "season"]
    assert all(find_period(one.table[COLUMN].ffill().to_numpy()[:600]) == one.period for one in seasons)


# What a function may do wrong


def endless(table, origins):
    while True:
        pass


@pytest.mark.parametrize(
    ("function", "ja", "en"),
    [
        (
            lambda table, origins: 1 / 0,
            "エラーで止まりました。ZeroDivisionError",
            "stopped with an error. ZeroDivisionError",
        ),
        (lambda table, origins: None, "return を書き忘れて", "Is a return missing?"),
        (lambda table, origins: np.zeros(len(origins)), "(3,) でした", "not (3,)"),
        (lambda table, origins: np.full((3, HORIZON), np.nan), "3 個の起点のうち 3 個で", "from 3 of 3 origins"),
        (lambda table, origins: [[1], [1, 2], [1]], "数の配列にできません", "no array of numbers"),
        (lambda table, origins: (np.zeros((3, HORIZON)),) * 2, "2 個でした", "there were 2"),
        (lambda t, o: tuple(np.full((3, HORIZON), k) for k in (0, 1, -1)), "下端が上端より上", "above its high end"),
        (endless, "0.3 秒で終わりません", "did not end within 0.3 seconds"),
    ],
)
def test_a_mistake_is_told_in_both_languages(function, ja, en):
    with pytest.raises(Failure) as failure:
        ask(function, load_challenge(0), [900, 905, 910], limit=0.3)
    assert ja in failure.value.ja and en in failure.value.en


def test_a_call_ends_in_time_where_interrupts_are_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a job that a shell has put in the background
    try:
        with pytest.raises(Failure):
            ask(endless, load_challenge(0), [900, 905, 910], limit=0.3)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_a_call_that_ends_as_its_time_is_up_is_an_answer_or_a_failure_and_never_the_readers_stop():
    def close(table, origins):
        busy(0.005)
        return np.zeros((1, HORIZON))

    before = signal.getsignal(signal.SIGINT)
    for limit in np.linspace(0.0045, 0.0075, 200):
        try:
            ask(close, load_challenge(0), [900], limit=limit)
        except Failure as failure:
            assert "did not end" in failure.en
    assert signal.getsignal(signal.SIGINT) is before


def catching(kind):
    def function(table, origins):
        try:
            busy(0.3)
        except kind:
            busy(0.1)
        return np.zeros((1, HORIZON))

    return function


def made_an_error(table, origins):
    try:
        busy(0.3)
    except BaseException:
        raise ValueError("no fit") from None


@pytest.mark.parametrize("function", [catching(BaseException), catching(Exception), made_an_error])
def test_a_call_does_not_outlast_its_time_by_catching_the_interrupt(function):
    with pytest.raises(Failure) as failure:
        ask(function, load_challenge(0), [900], limit=0.1)
    assert "did not end within 0.1 seconds" in failure.value.en


def test_a_bare_except_in_a_loop_is_interrupted_again():
    def three_tries(table, origins):
        for _ in range(3):
            try:
                endless(table, origins)
            except:  # noqa: E722  (as readers write it)
                pass

    with pytest.raises(Failure) as failure:
        ask(three_tries, load_challenge(0), [900], limit=0.1)
    assert "did not end within 0.1 seconds" in failure.value.en


def test_a_timeout_of_the_functions_own_is_told_as_its_error():
    def download(table, origins):
        raise TimeoutError("no answer from the server")

    with pytest.raises(Failure) as failure:
        ask(download, load_challenge(0), [900])
    assert "TimeoutError: no answer from the server" in failure.value.ja and "within" not in failure.value.en


def test_the_readers_own_stop_stays_one():
    def stopped(table, origins):
        signal.raise_signal(signal.SIGINT)
        busy(1)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(stopped, load_challenge(0), [900])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_card_is_made_of_a_function_that_fails(tmp_path):
    card = report_card(lambda table, origins: 1 / 0, 0, "A")
    assert card.report.verdict == "failed" and "ZeroDivisionError" in card.to_html()
    assert collect(card.save(tmp_path).parent)["verdict"].tolist() == ["failed"]


def test_the_function_gets_a_copy_and_its_prints_are_dropped(capsys):
    def careless(table, origins):
        print("noise")
        table.iloc[:] = 0
        origins += 1
        return np.zeros((len(origins), HORIZON))

    table, origins = load_challenge(0), np.array([900])
    ask(careless, table, origins)
    assert capsys.readouterr().out == "" and origins.tolist() == [900] and (table[COLUMN] != 0).all()


# Leaks


@pytest.mark.parametrize("function", LEAKING, ids=lambda function: function.__name__)
@pytest.mark.parametrize("number", [WITH_GAPS, FIRST["noise"]])
def test_a_leak_is_given_its_name_and_no_other(function, number):
    challenge = draw(number)
    if function in NEED_GAPS and not challenge.gaps:
        pytest.skip("nothing is missing here")
    found, *_ = find_leaks(function, challenge.table)
    assert [leak.name for leak in found] == [LEAKING[function]]


@pytest.mark.parametrize("function", [naive, honest])
@pytest.mark.parametrize("number", [WITH_GAPS, FIRST["random walk"]])
def test_nothing_clean_is_accused(function, number):
    found, findings, moved = find_leaks(function, draw(number).table)
    assert found == [] and moved is None and [finding.fired for finding in findings] == [False, False]


def test_a_variable_from_outside_is_named_and_put_back():
    mine = load_challenge(WITH_GAPS)
    before, function = mine.copy(), reading(mine)
    (found,) = outside_leaks(function, mine)
    assert found.name == "variable from outside" and "mine" in found.en
    pd.testing.assert_frame_equal(mine, before)
    assert outside_tables(function, KNOWN)[0].value is mine
    assert outside_leaks(honest, mine) == []


def test_every_leak_has_words_and_every_example_is_one_of_them():
    assert LEAKS.keys() <= WORDS.keys() and set(LEAKING.values()) < LEAKS.keys()
    assert len(set(LEAKING.values())) >= 5


# The score


def test_baselines_and_practice():
    table, origins = load_challenge(WITH_GAPS), practice_origins()
    values = table[COLUMN].ffill().to_numpy()
    known = baselines(table, origins, 7)
    np.testing.assert_array_equal(known["naive"], naive(table, origins))
    np.testing.assert_allclose(known["seasonal naive"][0], values[origins[0] - 7 + AHEAD])
    scores = practice(naive, table, 7)
    assert scores["skill"]["naive"] == 0 and np.isnan(scores["p"]["naive"])


def test_verdicts():
    one = draw(WITH_GAPS)

    def known_law(table, origins):
        return one.best(origins) if len(table) == ROWS else naive(table, origins)

    assert grade(known_law, WITH_GAPS, checks=False).verdict == "won"
    assert grade(naive, WITH_GAPS, checks=False).verdict in ("equal", "lost")
    assert grade(naive, FIRST["noise"], checks=False).verdict == "lost"


def test_seeds_and_an_interval():
    def seeded(table, origins, seed=0):
        y = naive(table, origins) + 0.01 * seed
        return y, y - 1e9, y + 1e9

    report = grade(seeded, FIRST["random walk"], checks=False)
    assert len(report.seeds) == 5 and report.coverage[0] == 1


# What a function is made of


class Level:
    def __init__(self, last=0):
        self.last = last

    def __call__(self, table, origins):
        return self.flat(table, origins)

    def flat(self, table, origins):
        return naive(table, origins) + self.last


class Other(Level):
    pass


def wrapper(net):
    def forecast(table, origins):
        return net()(table, origins)

    return forecast


def scaled(table, origins, by=1):
    return by * naive(table, origins)


DIFFERENT = [
    Level(),
    Level(1),
    Other(),
    Level().flat,
    Level(1).flat,
    wrapper(Level),
    wrapper(Other),
    scaled,
    partial(scaled, by=1),
    partial(scaled, by=2),
]


def test_a_hash_is_shared_by_equal_functions_and_by_no_others():
    assert len({hash_of(function) for function in DIFFERENT}) == len(DIFFERENT)
    for one, same in [
        (Level(1), Level(1)),
        (wrapper(Level), wrapper(Level)),
        (partial(scaled, by=2), partial(scaled, by=2)),
    ]:
        assert hash_of(one) == hash_of(same)


def test_the_source_holds_the_classes_and_what_their_methods_call():
    for function in (Level(), Level().flat, wrapper(Level)):
        source = source_of(function)
        assert "class Level:" in source and "def naive(" in source
    assert "class Other(Level):" in source_of(wrapper(Other)) and "class Level:" in source_of(wrapper(Other))
    assert "by=2" in source_of(partial(scaled, by=2))


def run_cell(folder, text, **given):
    """The variables after a cell of a notebook: Python knows a file of its functions, none of its classes."""
    cell, home = folder / f"cell_{len(list(folder.iterdir()))}.py", {"__name__": "__main__", **given}
    cell.write_text(text)
    exec(compile(text, cell, "exec"), home)
    return home


def test_a_class_of_a_notebook_has_its_source(tmp_path):
    """Its module has no file; what is known is the file of each method, here with another class of that name before it."""
    text = "class Net:\n    def f(self):\n        return 1\n\n\n@keep\nclass Net:\n    size = 3\n\n    def f(self):\n        return 2\n"
    text += "\n\ndef forecast(table, origins):\n    return Net().f()\n"
    forecast = run_cell(tmp_path, text, keep=lambda one: one)["forecast"]
    assert "@keep\nclass Net:\n    size = 3\n\n    def f(self):\n        return 2" in source_of(forecast)
    assert "return 1" not in source_of(forecast)


@pytest.mark.parametrize(
    "text",
    [
        "WINDOW = 30\ndef forecast(table, origins):\n    return table[-WINDOW:]",
        "class Config:\n    window = 30\ndef forecast(table, origins):\n    return Config.window",
        "@dataclass\nclass Config:\n    window: int = 30\ndef forecast(table, origins):\n    return Config().window",
        "class Base:\n    def __call__(self, table, origins):\n        return self.window\n"
        "class Wide(Base):\n    window = 30\nforecast = Wide()",
        "def fit(x):\n    return 30 * x\ndef by(table, origins, fit):\n    return fit(1)\nforecast = partial(by, fit=fit)",
        "def fit(x):\n    return 30 * x\nforecast = partial(scaled, by=fit)",
        "class Fit:\n    def __init__(self):\n        self.by, self.chance = 30, object()\n    def of(self, x):\n        return x\n"
        "forecast = partial(scaled, by=Fit())",
        "class Fit:\n    def __init__(self, by):\n        self.by = by\n    def of(self, x):\n        return x\n"
        "forecast = partial(scaled, by=Fit(30).of)",
        "class Net:\n    def __init__(self, by):\n        self.by, self.model = by, object()\n"
        "    def __call__(self, table, origins):\n        return self.by\nforecast = Net(30)",
    ],
)
def test_the_hash_of_a_notebooks_function_outlasts_its_kernel_and_changes_with_what_it_is_made_of(tmp_path, text):
    first, again, other = (
        run_cell(tmp_path, one, dataclass=dataclass, partial=partial, scaled=scaled)["forecast"]
        for one in (text, text, text.replace("30", "60"))
    )
    assert hash_of(first) == hash_of(first) == hash_of(again) != hash_of(other)
    assert "30" in source_of(first) and " at 0x" not in source_of(first)


def test_a_function_without_a_source_is_the_same_as_no_other():
    home = {}
    exec("def unseen(table, origins):\n    return 0", home)
    assert source_of(home["unseen"]) == "" and hash_of(home["unseen"]) != hash_of(home["unseen"])


# The card


def test_a_card_says_it_in_both_languages_and_is_collected(tmp_path):
    card = report_card(naive, WITH_GAPS, "<A & B>")
    page = card.save(tmp_path).read_text(encoding="utf-8")
    assert "&lt;A &amp; B&gt;" in page and "季節性" in page and "What was good" in page
    row = json.loads(DATA.search(page)[1])
    assert row["number"] == WITH_GAPS and row["leaks"] == []
    report_card(LEAKING_CENTRED, WITH_GAPS, "C").save(tmp_path / "class")
    (tmp_path / "other.html").write_text("<p>no card</p>")
    table = collect(tmp_path)
    assert table["name"].tolist() == ["<A & B>", "C"] and table["leaks"].tolist() == ["", "centred window"]


LEAKING_CENTRED = next(function for function, name in LEAKING.items() if name == "centred window")


def test_the_cards_of_the_two_examples_in_the_notebook():
    file = Path(__file__).parents[1] / "notebooks" / "14_challenge.ipynb"
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]}
    taught = {"np": np, "HORIZON": HORIZON}
    for name in ("parameters", "regression", "first", "second"):
        exec(cells[name], taught)
    leaking, careful = (grade(taught[name], taught["EXAMPLE"]) for name in ("smooth_forecast", "careful"))
    assert leaking.verdict == "leak" and [one.name for one in leaking.leaks] == ["centred window"]
    assert careful.verdict == "won" and not careful.leaks
    assert careful.interval[0].shape == careful.interval[1].shape == careful.yours.shape


def test_a_number_from_numpy_makes_a_card(tmp_path):
    card = report_card(lambda table, origins: 1 / 0, np.int64(7), "A")
    assert collect(card.save(tmp_path).parent)["number"].tolist() == [7]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page.replace('"verdict": ', '"verdict": ?'),
        lambda page: page.replace('"hash": ', '"hush": '),
        lambda page: page.replace('"number": 0', '"number": "zero"'),
        lambda page: page.replace('"verdict": "failed"', '"verdict": "won"'),
        lambda page: page.replace('"leaks": []', '"leaks": [1]'),
        lambda page: page[: page.index("</script>")],
        lambda page: page[: len(page) // 2],
    ],
)
def test_a_damaged_card_is_left_out_and_named(tmp_path, monkeypatch, capsys, spoil):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "both")
    for name in ("A", "B"):
        file = report_card(lambda table, origins: 1 / 0, 0, name).save(tmp_path)
    whole = file.read_text(encoding="utf-8")
    file.write_text(spoil(whole), encoding="utf-8")
    assert spoil(whole) != whole and collect(tmp_path)["name"].tolist() == ["A"]
    told = capsys.readouterr().out
    assert f"{file} の成績表は読めない" in told and f"in {file} cannot be read" in told


def test_a_card_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    card = report_card(lambda table, origins: 1 / 0, 0, "A")
    file = card.save(tmp_path)
    whole = file.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *files: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        card.save(tmp_path)
    assert file.read_bytes() == whole and len(collect(tmp_path)) == 1


def test_an_empty_folder_has_no_cards(tmp_path):
    with pytest.raises(BadInput):
        collect(tmp_path)


# The reference solution; the whole table: python -m helpers.challenge study 1000 1049


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_wins_where_there_is_something_to_win_and_only_there(kind):
    report = grade(lambda table, origins: simple_until_proven(table, origins)[1], FIRST[kind], limit=300, checks=False)
    if report.worth > WORTH:
        assert report.rmse / report.best <= 1.1
    else:
        assert report.verdict != "won"


@pytest.mark.parametrize("away", [0, 3])
def test_the_study_measures_the_distance_from_the_best_forecast(monkeypatch, away):
    """An error of `away` in every value adds its square to the best possible one, whatever the hidden rows happen to be."""
    challenge = draw(FIRST["season"])
    forecast = ("best", challenge.best(exam_origins()) + away)
    monkeypatch.setattr("helpers.challenge.study.simple_until_proven", lambda table, origins: forecast)
    [row] = study([challenge.number])
    best = grade(lambda table, origins: forecast[1], challenge.number, limit=60, checks=False).best
    assert row["chosen"] == "best" and row["expected"] == pytest.approx(np.hypot(best, away) / best)
    assert summary(pd.DataFrame([row])).loc["structure", "expected within 10%"] == (row["expected"] <= 1.1)
