"""What the reader does: questions before results, exercises with checks, and how much of them is done.

One file a step, of its helper's name, holds the words of its questions and what its exercises expect; checking.py judges,
question.py asks, memory.py remembers, step.py ties them together.
"""

from typing import Any

from helpers.exercises.checking import Expected, judge
from helpers.exercises.memory import forget
from helpers.exercises.step import progress
from helpers.language import say

__all__ = ["check", "forget", "progress"]


def check(answer: Any, expected: Any) -> None:
    """Compare an answer with the expected one, in notebooks whose exercises have no checks of their own yet."""
    say(*judge(answer, Expected(expected, []))[1])
