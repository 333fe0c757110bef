"""Checks for the exercises: they say what is wrong with an answer, not only that it is wrong."""

from typing import Any

import numpy as np

from helpers.language import say


def check(answer: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Compare an answer (number, array or tensor) with the expected one and say how they differ."""
    if answer is None or answer is ...:
        say(
            "まだ答えがありません。「...」を自分の答えに置きかえてください。",
            "No answer yet: replace the “...” with your own.",
        )
        return
    if hasattr(answer, "detach"):
        answer = answer.detach()  # a tensor that still carries its gradient is an answer too
    try:
        answer, expected = np.asarray(answer, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        say("数、配列、テンソルのどれかで答えてください。", "Answer with a number, an array or a tensor.")
        return
    if answer.shape != expected.shape:
        say(
            f"形が違います: {answer.shape} ではなく {expected.shape} です。",
            f"Wrong shape: {answer.shape}, not {expected.shape}.",
        )
        return
    wrong = ~np.isclose(answer, expected, rtol=tolerance, atol=tolerance)
    if wrong.any():
        say(f"形は合っていますが、{wrong.size} 個のうち {wrong.sum()} 個の値が違います。",
            f"Right shape, but {wrong.sum()} of {wrong.size} values are wrong.")  # fmt: skip
        return
    say("正解です。", "Correct.")
