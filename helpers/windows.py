"""Step 02: from a series of prices to pairs of input window and target, the split in time, and the sealed test part."""

from collections import Counter
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from torch import Tensor

from helpers.language import BadInput, check_whole, say, text, words

Part = tuple[Tensor, Tensor]  # x (n, window, features) and t (n, horizon)


def check_series(values: ArrayLike, window: int, horizon: int = 1, stride: int = 1) -> np.ndarray:
    """`values` as a float array of shape (time, features), or a BadInput that says what to change.

    Raises BadInput when a number is missing, infinite or lost in float32, when a setting is not a whole number of at least
    1, or when the series is shorter than one window and its target.
    """
    check_whole(window=window, horizon=horizon, stride=stride)
    try:
        series = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise BadInput(
            "系列に数でない値があります。価格の列だけを渡してください。",
            "the series holds something that is not a number: pass price columns only.",
        ) from None
    if series.ndim not in (1, 2):
        raise BadInput(
            f"系列の形は (時刻,) か (時刻, 特徴量) です: {series.shape}",
            f"a series has the shape (time,) or (time, features): {series.shape}",
        )
    series = series[:, None] if series.ndim == 1 else series
    if not np.isfinite(series).all():
        row = int(np.flatnonzero(~np.isfinite(series).all(axis=1))[0])
        raise BadInput(
            f"{row} 行目（0 から数えて）が欠損値か無限大です。dropna() などで取り除いてください。",
            f"row {row} (counted from 0) is missing or infinite: remove it, for example with dropna().",
        )
    with np.errstate(over="ignore"):
        single = series.astype(np.float32)  # as the windows will hold it: some seven digits
    moves = np.abs(np.diff(series, axis=0)).sum(axis=0)
    if not np.isfinite(single).all() or (np.abs(single - series).sum(axis=0) > 0.1 * moves)[moves > 0].any():
        raise BadInput(
            "モデルが計算に使う float32 では、値の大きさの割に小さな動きが消えるか、値そのものが収まりません。"
            "系列から一定の数を引くか、単位を変えてください。",
            "in float32, which models compute in, moves this small beside the level are lost, or the values do not fit: "
            "subtract a constant from the series, or change its unit.",
        )
    needed = window + horizon
    if len(series) < needed:
        raise BadInput(
            f"系列は {len(series)} 行ですが、window {window} と horizon {horizon} には {needed} 行が必要です。",
            f"the series has {len(series)} rows, but window {window} and horizon {horizon} need {needed}.",
        )
    return series


def make_windows(
    values: ArrayLike, window: int, horizon: int = 1, stride: int = 1, include_input: bool = False
) -> tuple[Tensor, Tensor]:
    """Cut a series into input windows and the values that follow them.

    values: shape (time,) or (time, features), oldest first; the first column is the one to forecast.
    window: rows that the model sees. horizon: rows to forecast. stride: rows from one window's start to the next.
    include_input: put the window itself before the forecast rows in the target.

    Returns x of shape (n, window, features) and t of shape (n, horizon), or (n, window + horizon) with include_input,
    both float32. Raises BadInput for a series or a setting that cannot be used.
    """
    series = check_series(values, window, horizon, stride)
    rows = sliding_window_view(series, window + horizon, axis=0)[::stride]  # (n, features, window + horizon)
    x = np.ascontiguousarray(rows[:, :, :window].transpose(0, 2, 1))  # step after step in memory, as an LSTM reads it
    t = rows[:, 0, 0 if include_input else window :]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(t, dtype=torch.float32)


def split_last(x: Tensor, t: Tensor, test: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The last `test` windows for the test, all earlier ones for training.

    x: (n, window, features), t: (n, horizon). Returns x_train, x_test, t_train, t_test. With a horizon beyond the
    stride the last training targets reach into the test: `purge` leaves those windows out.
    Raises BadInput when either part would be empty.
    """
    if isinstance(test, bool) or not isinstance(test, (int, np.integer)) or not 1 <= test < len(x):
        raise BadInput(
            f"窓は {len(x)} 個です。test は 1 から {len(x) - 1} までの整数にしてください: {test!r}",
            f"there are {len(x)} windows: test must be a whole number from 1 to {len(x) - 1}: {test!r}",
        )
    return x[:-test], x[-test:], t[:-test], t[-test:]


def purge(x: Tensor, t: Tensor, horizon: int, stride: int = 1) -> tuple[Tensor, Tensor]:
    """Leave out the last windows of a part, whose targets reach into the part that follows it.

    x: (n, window, features), t: (n, horizon) or (n, window + horizon). Returns both without their last
    (horizon - 1) // stride rows (purging: López de Prado 2018, chapter 7). Raises BadInput when nothing is left.
    """
    reach = (horizon - 1) // stride
    if reach >= len(x):
        raise BadInput(
            f"窓は {len(x)} 個ですが、境目で {reach} 個を捨てる必要があります。horizon を小さくしてください。",
            f"of {len(x)} windows {reach} must be dropped at the border: choose a smaller horizon.",
        )
    return x[: len(x) - reach], t[: len(t) - reach]


def split_parts(x: Tensor, t: Tensor, share: float = 0.15) -> dict[str, Part]:
    """The parts "train", "validation" and "test", in the order of time; no target of one part lies in the next.

    x: (n, window, features), t: (n, horizon), of windows that start one row after another. The last `share` of the rows
    are the test, the last `share` of those before them the validation part. A window belongs to the part that holds all
    of its targets; the horizon - 1 windows whose targets reach over a border belong to none. Inputs may reach back: when
    the forecast is made, they are known. Raises BadInput when a part would hold fewer than two windows.
    """
    window, horizon = x.shape[1], t.shape[1]
    rows = len(x) + window + horizon - 1
    ends = [round(round(rows * (1 - share)) * (1 - share)), round(rows * (1 - share)), rows]  # of the three parts
    sizes = [end - start - horizon + 1 for start, end in zip([window, *ends], ends, strict=False)]
    for name, size in zip(("train", "validation", "test"), sizes, strict=True):
        if size < 2:  # one window alone has neither a spread nor an R2
            raise BadInput(
                f"系列は {rows} 行しかなく、window {window} と horizon {horizon} では {name} の部分に窓が {max(0, size)} 個しか"
                "残りません。window か horizon を小さくするか、長い系列を使ってください。",
                f"the series has only {rows} rows: with window {window} and horizon {horizon} the {name} part is left with "
                f"{max(0, size)} window(s). Lower window or horizon, or take a longer series.",
            )
    x, x_test, t, t_test = split_last(x, t, sizes[2])
    x, x_validation, t, t_validation = split_last(*purge(x, t, horizon), sizes[1])
    return {"train": purge(x, t, horizon), "validation": (x_validation, t_validation), "test": (x_test, t_test)}


_looks: Counter[str] = Counter()  # series -> how often its test part was opened since this notebook's kernel started


def look(name: str) -> int:
    """Count one more look at the test part of a series; returns which one it is."""
    _looks[name] += 1
    return _looks[name]


def looks_told(name: str) -> tuple[str, str]:
    """How often the test part of a series has been looked at, in Japanese and in English."""
    ja, en = words(name)
    return (
        f"「{ja}」の封をした部分を見るのは、このノートブックで {_looks[name]} 回目です。",
        f"This is look {_looks[name]} at the sealed part of “{en}” in this notebook.",
    )


class Envelope:
    """The test part, sealed: whoever opens it is counted, by series and not by envelope, so that sealing again hides nothing.

    What is scored after the first look, and changed because of it, has been fitted to the test part.
    """

    def __init__(self, name: str, parts: tuple[Any, ...]):
        self.name, self._parts = name, parts

    def open(self) -> Any:
        """What was sealed: the parts in their order, or the one part itself. One printed line says which look this is."""
        look(self.name)
        say(*looks_told(self.name))
        return self._parts[0] if len(self._parts) == 1 else self._parts

    def __len__(self) -> int:
        return len(self._parts[0])

    def __repr__(self) -> str:
        looks, (ja, en) = _looks[self.name], words(self.name)
        ja_size, en_size = (
            (f"窓 {len(self)} 個", "windows") if np.ndim(self._parts[0]) == 3 else (f"{len(self)} 行", "rows")
        )
        return text(
            f"封をした部分: {ja}、{ja_size}、開けた回数 {looks}",
            f"sealed part: {en}, {len(self)} {en_size}, times opened: {looks}",
        )


def seal(*parts: Any, name: str = "test") -> Envelope:
    """Put the test part into an envelope: seal(x_test, t_test, name="nikkei225").open() gives both back, and counts.

    parts: tensors, arrays or tables of one length. name: the series; its looks are counted together in all envelopes and
    panels of a notebook. Raises BadInput without parts, or when their lengths differ.
    """
    lengths = {len(part) for part in parts}
    if len(lengths) != 1:
        raise BadInput(
            f"同じ長さのものを 1 つ以上渡してください: {[len(part) for part in parts]}",
            f"pass one or more parts of one length: {[len(part) for part in parts]}",
        )
    return Envelope(name, parts)
