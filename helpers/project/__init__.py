# ruff: noqa: F401  (the face of the package)
"""Step 13: a whole project, in notebook 13 and as `python -m helpers.project`."""

from helpers.project.checkpoint import load_checkpoint
from helpers.project.trainer import Trainer, conclusion, make_scores
