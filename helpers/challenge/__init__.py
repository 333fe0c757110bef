# ruff: noqa: F401  (the face of the package)
"""Step 14: a challenge by number, and a report card for the function that takes it on; also `python -m helpers.challenge`."""

from helpers.challenge.card import Card, collect, report_card
from helpers.challenge.grading import baselines, practice
from helpers.challenge.leaks import LEAKS, find_leaks
from helpers.challenge.series import HORIZON, class_number, load_challenge, practice_origins
from helpers.challenge.study import scoreboard
