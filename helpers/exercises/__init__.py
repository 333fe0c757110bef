"""What the reader does: questions before results, exercises with checks, and how much of them is done.

One file a step, of its helper's name, holds the words of its questions and what its exercises expect; checking.py judges,
question.py asks, memory.py remembers, step.py ties them together.
"""

from helpers.exercises.memory import forget
from helpers.exercises.step import progress

__all__ = ["forget", "progress"]
