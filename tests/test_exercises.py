"""The checks of the exercises say what is wrong."""

import numpy as np
import pytest
import torch

from helpers.exercises import check


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (..., 3, ("まだ答えがありません", "No answer yet")),
        (None, 3, ("No answer yet",)),
        ("three", 3, ("数、配列", "a number, an array")),
        ([1, 2], [1, 2, 3], ("形が違います", "Wrong shape: (2,), not (3,)")),
        ([1, 2, 4], [1, 2, 3], ("3 個のうち 1 個", "Right shape, but 1 of 3")),
        (float("nan"), 3, ("1 of 1",)),
        (3.0000001, 3, ("正解です", "Correct")),
        (torch.tensor([[1.0, 2.0]]), np.array([[1, 2]]), ("Correct",)),
        (torch.tensor(2.0, requires_grad=True), 2, ("Correct",)),
    ],
)
def test_check(answer, expected, words, capsys):
    assert check(answer, expected) is None
    out = capsys.readouterr().out
    for word in words:
        assert word in out
