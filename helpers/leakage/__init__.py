# ruff: noqa: F401  (the face of the package)
"""Step 11: tripwires for leaks, and a laboratory in which they can be seen to fire."""

from helpers.leakage.alterations import alter, coin_tosses
from helpers.leakage.cards import TRIPWIRES, Report
from helpers.leakage.laboratory import LEAKS, SCALINGS, Experiment, in_use, laboratory_suite, scores
from helpers.leakage.tripwires import (
    SKILL_LIMIT,
    Finding,
    evaluation_changes_weights,
    future_changes_past,
    skill_without_target,
    statistics_depend_on_test,
    suite,
)
