"""Step 02: windows and the split, the windows against a slow loop of their own."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import windows
from helpers.language import BadInput
from helpers.windows import look, looks_told, make_windows, purge, seal, split_last, split_parts

TOY = [100, 102, 105, 103, 106, 108, 107, 109]


def slow_windows(values, window, horizon, stride, include_input):
    """The same by appending number after number; shares no code with the helper."""
    x, t, start = [], [], 0
    while start + window + horizon <= len(values):
        x.append([])
        for step in range(window):
            x[-1].append(list(values[start + step]))
        t.append([])
        for step in range(window + horizon):
            if include_input or step >= window:
                t[-1].append(values[start + step][0])
        start += stride
    return x, t


def test_toy_table():
    x, t = make_windows(TOY, window=5)
    assert x.squeeze(2).tolist() == [[100, 102, 105, 103, 106], [102, 105, 103, 106, 108], [105, 103, 106, 108, 107]]
    assert t.tolist() == [[108], [107], [109]]
    assert x.dtype == t.dtype == torch.float32 and x.is_contiguous() and t.is_contiguous()


@settings(max_examples=200, deadline=None)
@given(
    rows=st.integers(1, 40), features=st.integers(1, 3), window=st.integers(1, 12), horizon=st.integers(1, 6),
    stride=st.integers(1, 7), include_input=st.booleans(), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_agrees_with_a_slow_loop(rows, features, window, horizon, stride, include_input, seed):
    values = np.random.default_rng(seed).integers(-1000, 1000, (rows, features)).astype(float)
    if rows < window + horizon:
        with pytest.raises(ValueError):
            make_windows(values, window, horizon, stride, include_input)
        return
    x, t = make_windows(values, window, horizon, stride, include_input)
    slow_x, slow_t = slow_windows(values.tolist(), window, horizon, stride, include_input)
    assert x.tolist() == slow_x
    assert t.tolist() == slow_t


def test_shapes_of_many_steps():
    values = np.arange(200.0)
    assert [tuple(a.shape) for a in make_windows(values, 30, horizon=14)] == [(157, 30, 1), (157, 14)]
    assert [tuple(a.shape) for a in make_windows(values, 30, horizon=14, include_input=True)] == [
        (157, 30, 1),
        (157, 44),
    ]


def test_takes_series_frames_and_lists_alike():
    frame = pd.DataFrame({"Open": TOY, "Volume": range(8)})
    assert make_windows(frame["Open"], 5)[0].equal(make_windows(TOY, 5)[0])
    x, t = make_windows(frame, 5)
    assert x.shape == (3, 5, 2) and t[0].item() == 108  # the first column is the one to forecast


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": TOY, "window": 0}, ("window", "1 以上", "at least 1")),
        ({"values": TOY, "window": 2.5}, ("window", "整数", "whole number")),
        ({"values": TOY, "window": True}, ("window", "整数", "whole number")),
        ({"values": TOY, "window": 5, "horizon": 0}, ("horizon",)),
        ({"values": TOY, "window": 5, "stride": -1}, ("stride",)),
        ({"values": TOY, "window": 8}, ("8 行", "9 行", "8 rows", "need 9")),
        ({"values": [], "window": 1}, ("0 行", "0 rows")),
        ({"values": [1, 2, np.nan, 4, 5, 6], "window": 2}, ("2 行目", "row 2", "dropna")),
        ({"values": [1, 2, np.inf, 4, 5, 6], "window": 2}, ("2 行目", "row 2")),
        ({"values": ["a", "b", "c"], "window": 1}, ("数でない", "not a number")),
        ({"values": np.zeros((3, 3, 3)), "window": 1}, ("(3, 3, 3)",)),
        (
            {"values": 1e8 + np.arange(9), "window": 2},
            ("float32", "引く", "subtract"),
        ),  # 100,000,000 to 100,000,008 are two numbers
        ({"values": 1e-46 * np.arange(9), "window": 2}, ("float32", "単位", "unit")),
        ({"values": [1e40, 1, 2, 3], "window": 2}, ("float32",)),
    ],
)
def test_bad_settings_are_named_in_both_languages(arguments, words):
    with pytest.raises(ValueError) as caught:
        make_windows(**arguments)
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_split_keeps_the_last_windows_for_the_test():
    x, t = make_windows(np.arange(1092.0), 5)
    x_train, x_test, t_train, t_test = split_last(x, t, 100)
    assert [tuple(part.shape) for part in (x_train, x_test, t_train, t_test)] == [
        (987, 5, 1), (100, 5, 1), (987, 1), (100, 1)]  # fmt: skip
    assert t_train.max() < t_test.min()
    assert x_test[-1].flatten().tolist() == [1086, 1087, 1088, 1089, 1090] and t_test[-1].item() == 1091


@pytest.mark.parametrize("test", [0, -1, 3, 4, 1.5, True])
def test_split_leaves_no_part_empty(test):
    x, t = make_windows(TOY, 5)
    with pytest.raises(ValueError, match="3 windows"):
        split_last(x, t, test)


@pytest.mark.parametrize("stride", [1, 3, 5])
@pytest.mark.parametrize("horizon", [1, 2, 5, 14])
def test_purge_drops_exactly_the_windows_that_reach_into_the_test(horizon, stride):
    x, _, t, t_test = split_last(*make_windows(range(300), 10, horizon, stride), 20)
    kept_x, kept_t = purge(x, t, horizon, stride)
    clean = int((t[:, -1] < t_test.min()).sum())  # values are row numbers
    assert len(kept_x) == len(kept_t) == clean
    assert torch.equal(kept_x, x[:clean]) and kept_t[-1, -1] < t_test.min()


def test_purge_needs_windows():
    with pytest.raises(ValueError, match="13 個(.|\n)*13 must be dropped"):
        purge(torch.zeros(13, 5, 1), torch.zeros(13, 14), 14)


@settings(max_examples=100, deadline=None)
@given(rows=st.integers(60, 400), window=st.integers(1, 12), horizon=st.integers(1, 6), share=st.floats(0.1, 0.3))
def test_three_parts_hold_every_window_that_crosses_no_border(rows, window, horizon, share):
    x, t = make_windows(range(rows), window, horizon)  # values are row numbers
    test = round(rows * (1 - share))
    validation = round(test * (1 - share))
    borders = {"train": (window, validation), "validation": (validation, test), "test": (test, rows)}
    expected = {part: [row for row in range(first, end - horizon + 1)] for part, (first, end) in borders.items()}
    if min(map(len, expected.values())) < 2:
        with pytest.raises(ValueError):
            split_parts(x, t, share)
        return
    for part, (x_part, t_part) in split_parts(x, t, share).items():
        assert t_part[:, 0].tolist() == expected[part]
        assert (x_part[:, -1, 0] + 1).tolist() == expected[part]


def test_a_part_that_would_be_empty_is_named():
    with pytest.raises(ValueError, match="60 行(.|\n)*60 rows(.|\n)*horizon 12(.|\n)*validation"):
        split_parts(*make_windows(range(60), 5, 12))


@pytest.fixture
def no_looks(monkeypatch):
    monkeypatch.setattr(windows, "_looks", type(windows._looks)())


def test_opening_the_envelope_is_counted_by_series(no_looks, capsys):
    x, t = torch.arange(6.0).reshape(3, 2, 1), torch.zeros(3, 1)
    sealed = seal(x, t, name="ibm")
    assert capsys.readouterr().out == "" and len(sealed) == 3
    assert repr(sealed).endswith("sealed part: IBM, 3 windows, times opened: 0") and "3 rows" in repr(
        seal(t, name="ibm")
    )
    x_test, t_test = sealed.open()
    assert x_test is x and t_test is t and "1 回目" in (said := capsys.readouterr().out) and "look 1 at" in said
    assert seal(t, name="ibm").open() is t  # sealing again does not start the count again
    assert "2 回目" in capsys.readouterr().out
    assert look("ibm") == 3 and look("co2") == 1  # a panel looks too
    assert "3 回目" in looks_told("ibm")[0] and "look 1 at the sealed part of “CO2”" in looks_told("co2")[1]


def test_an_envelope_holds_parts_of_one_length():
    for parts in ((), (torch.zeros(3), torch.zeros(2))):
        with pytest.raises(BadInput, match="同じ長さ"):
            seal(*parts)
