# ruff: noqa: F401  (the face of the package: what stands here is for `plots.…`)
"""Every figure of the tutorial, by step: `plots.lag_bars(...)` draws it and returns a `Picture`."""

from helpers.plots.backtest import refits_in_time, skill_over_time
from helpers.plots.beyond import (
    LiveLag,
    loss_and_weights,
    season_week,
    shares_of_naive,
    side_by_side,
    skill_by_part,
    skill_of_walks,
    skills,
    window_weights,
)
from helpers.plots.challenge import (
    all_columns,
    autocorrelation_of_changes,
    errors_beside_best,
    hidden_forecasts,
    movement_by_rows,
    origins_and_targets,
)
from helpers.plots.columns import (
    autocorrelations,
    between_close_and_open,
    gain_by_day,
    range_intervals,
    rmse_by_columns,
)
from helpers.plots.data import price_bars, price_history, slopes_of_tanh, two_scales
from helpers.plots.horizons import (
    closed_loop,
    error_by_step,
    path_skills,
    paths_from_origins,
    three_methods,
    windows_at_border,
)
from helpers.plots.leakage import apparent_and_hold_out, moved_forecasts, scores_by_case, tripwire_grid
from helpers.plots.machines import hours_by_cores, time_of_steps, workers_and_storage, workers_timeline
from helpers.plots.many import error_by_week, error_curves, errors_by_series, path_of_series, recorded, usual_weeks
from helpers.plots.model import fading_memory, lstm_cell, regressor, slopes_by_age, unrolled
from helpers.plots.playground import Playground
from helpers.plots.project import changes_by_step, forecasts_ahead, parts_in_time, seen_and_new, skill_by_step
from helpers.plots.search import best_of_many, search_overview
from helpers.plots.style import WIDTH, Picture, room
from helpers.plots.training import LiveLoss, loss_curves, metrics_by_epoch
from helpers.plots.uncertainty import (
    coverage_after_shift,
    coverage_by_group,
    coverage_of_fans,
    intervals_over_time,
    pinball,
    pit,
    whole_paths,
)
from helpers.plots.validation import changes, error_of_guesses, forecast_lines, lag_bars, lags_beside
from helpers.plots.windows import split_or_shuffle, windows_on_series
