"""Step 10: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from torch import Tensor

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.many import Windows, last_period, seasonal_change
from helpers.validation import rmse

QUESTIONS = {
    "best": Question(
        "検証部分で、誤差が最も小さいのはどれだと思いますか。",
        "Which will have the smallest error on the validation part?",
        [
            (
                lambda name: not name.startswith(("ridge", "boosting")),
                "リッジ回帰もブースティングも使わない方法",
                "a method without ridge or boosting",
            ),
            ("ridge for each", "系列ごとのリッジ回帰", "a ridge for each car park"),
            ("ridge for all", "共通のリッジ回帰", "one ridge for all"),
            ("boosting for all", "共通のブースティング", "one boosting for all"),
        ],
    ),
    "boosting": Question(
        "テスト部分で、LSTM の誤差は共通のブースティングと比べてどうなると思いますか。補正した p が 0.05 未満なら、差があるとします。",
        "On the test part, how will the LSTM's error compare with that of one boosting for all? A corrected p below 0.05 counts as a difference.",
        [
            (lambda row: row["Holm p"] < 0.05 and row["skill"] > 0, "LSTM のほうが小さい", "the LSTM's is smaller"),
            (lambda row: row["Holm p"] < 0.05 and row["skill"] <= 0, "LSTM のほうが大きい", "the LSTM's is larger"),
            (lambda row: row["Holm p"] >= 0.05, "差があるとは言えない", "no difference can be claimed"),
        ],
    ),
    "few": Question(
        "過去が 2 週間しか分からないとき、誤差が最も小さいのはどれだと思いますか。",
        "With only two weeks of the past, which will have the smallest error?",
        [
            ("ridge for each", "系列ごとのリッジ回帰", "a ridge for each car park"),
            ("ridge for all", "共通のリッジ回帰", "one ridge for all"),
            ("boosting for all", "共通のブースティング", "one boosting for all"),
            ("LSTM for all", "共通の LSTM", "one LSTM for all"),
        ],
    ),
    "currencies": Question(
        "通貨のテスト部分で、LSTM はナイーブ予測に勝つと思いますか。ここでも、補正した p が 0.05 未満なら差があるとします。",
        "On the test part of the currencies, will the LSTM beat the naive forecast? Again, a corrected p below 0.05 counts as a difference.",
        [
            (lambda row: row["Holm p"] < 0.05 and row["skill"] > 0, "勝つ", "it wins"),
            (lambda row: row["Holm p"] < 0.05 and row["skill"] <= 0, "負ける", "it loses"),
            (lambda row: row["Holm p"] >= 0.05, "差があるとは言えない", "no difference can be claimed"),
        ],
    ),
}

STEP = Step("10_many_series", ("多くの系列で学習する", "Many series"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def mean_of_two(validation: Windows, train: Windows) -> Expected:
    """Observe: the RMSE of the mean of two forecasts that learn nothing."""

    def both(w: Windows) -> Tensor:
        return (seasonal_change(w) + w.base) / 2

    t, last, usual = validation.t, seasonal_change(validation), validation.base
    right = rmse(t, both(validation))
    mistakes = [
        (
            rmse(t, last),
            "これは「今 + 先週の変化」だけの RMSE です。2 つの予測を平均してから採点してください。",
            "This is the RMSE of “now + last week's change” alone. Average the two forecasts, then score them.",
        ),
        (
            rmse(t, usual),
            "これは「今 + いつもの変化」だけの RMSE です。2 つの予測を平均してから採点してください。",
            "This is the RMSE of “now + usual change” alone. Average the two forecasts, then score them.",
        ),
        (
            (rmse(t, last) + rmse(t, usual)) / 2,
            "2 つの RMSE を平均しています。平均するのは予測です。",
            "You average the two errors. It is the forecasts that are to be averaged.",
        ),
        (
            rmse(t, last + usual),
            "2 つの予測の和です。2 で割ると平均になります。",
            "This scores the sum of the two forecasts. Their mean is half of that.",
        ),
        (
            rmse(train.t, both(train)),
            "学習部分の RMSE です。`validation` の窓で採点してください。",
            "This is the RMSE on the training part. Score the windows of `validation`.",
        ),
        (
            rmse(t, (last + validation.seasonal[:, 1:]) / 2),
            "片方が「先週の値」（季節ナイーブ予測）になっています。使うのは「今 + いつもの変化」です。",
            "One of the two is last week's value, the seasonal naive forecast. Use “now + usual change”.",
        ),
        (
            right**2,
            "平方根をとっていません。",
            "The square root is missing.",
        ),
        (
            (both(validation) - t).abs().mean().item(),
            "絶対誤差の平均（MAE）です。RMSE を答えてください。",
            "This is the mean absolute error. Answer with the RMSE.",
        ),
    ]  # fmt: skip
    found = (
        "平均した予測は、どちらの予測よりも誤差が小さくなりました。間違え方が違うので、誤差の一部が打ち消し合います。",
        "The mean has a smaller error than either forecast. The two err differently, so part of their errors cancels.",
    )
    return Expected(right, mistakes, found=found if right < min(rmse(t, last), rmse(t, usual)) else ("", ""))


def _root(errors: pd.DataFrame) -> pd.Series:
    """The root of the mean square of each column, without missing values."""
    return (errors**2).mean() ** 0.5


@STEP.exercise
def rmsse(known: pd.DataFrame, middle: int, period: int) -> Expected:
    """Write: the RMSE of every series, divided by that of the seasonal naive forecast on its training part."""

    def own(actual: pd.DataFrame, y: pd.DataFrame, train: pd.DataFrame, period: int) -> pd.Series:
        return _root(actual - y) / _root(train - last_period(train, period))

    def pooled(errors: pd.DataFrame) -> float:
        return np.sqrt(np.nanmean(errors**2))

    mistakes = [
        (
            lambda actual, y, train, period: _root(actual - y) / _root(actual - last_period(actual, period)),
            "分母がテスト部分の誤差です。予測する期間が変わると物差しも変わってしまうので、学習部分で計算します。",
            "You divide by the error on the test part. The yardstick would change with the days to forecast: use the training part.",
        ),
        (
            lambda actual, y, train, period: pooled(actual - y) / pooled(train - last_period(train, period)),
            "全駐車場をまとめた 1 つの値です。駐車場ごとに計算し、列の数だけ返してください。",
            "That is one number for all car parks together. Compute it for each, and return as many as there are columns.",
        ),
        (
            lambda actual, y, train, period: _root(actual - y) / pooled(train - last_period(train, period)),
            "分母が全駐車場で共通です。それでは、動きの大きい駐車場ほど値が大きくなります。",
            "All car parks are divided by the same number. Those that move more then get larger values.",
        ),
        (
            lambda actual, y, train, period: _root(actual - y) / _root(train.diff()),
            "分母が、1 行前の値を使うナイーブ予測の誤差です。比べるのは 1 周期前の値です。",
            "You divide by the error of the naive forecast, one row back. The value to compare with is one period back.",
        ),
        (
            lambda actual, y, train, period: own(actual, y, train, period) ** 2,
            "二乗誤差の平均どうしの比です。平方根をとってください。",
            "That is the ratio of the mean squared errors. Take the square root.",
        ),
        (
            lambda actual, y, train, period: (actual - y).abs().mean() / (train - last_period(train, period)).abs().mean(),
            "絶対誤差の比（MASE）です。RMSSE では二乗して平均し、平方根をとります。",
            "That is the ratio of absolute errors, MASE. For RMSSE take squares, their mean, and the root.",
        ),
        (
            lambda actual, y, train, period: _root(actual - y) / _root(train - train.shift(period)),
            "1 周期前が欠損値の行を、分母から除いています。`last_period` なら、さらに前の周期の値が入ります。",
            "You leave out the rows whose value one period back is missing. `last_period` takes an earlier period there.",
        ),
        (
            lambda actual, y, train, period: 1 / own(actual, y, train, period),
            "分子と分母が逆です。",
            "Numerator and denominator have changed places.",
        ),
    ]  # fmt: skip
    train = pd.DataFrame({"a": [0.2, 0.8, 0.4, 0.6, 0.3, 0.9], "b": [0.1, 0.2, 0.1, 0.4, 0.2, 0.3]})
    actual = pd.DataFrame({"a": [0.4, 0.7, 0.5, 0.8], "b": [0.2, 0.3, 0.1, 0.2]})
    y = actual + np.array([[0.1, 0.1], [-0.2, 0.0], [0.1, -0.1], [0.0, 0.1]])
    late = known.iloc[middle:]
    inputs = [(actual, y, train, 2), (late, last_period(known, period).iloc[middle:], known.iloc[:middle], period)]
    return Expected(own, mistakes, inputs=inputs)


def _by_step(at: Callable[[np.ndarray, int], np.ndarray], weight: float = 1) -> Callable:
    """Errors of last week's value plus a later departure: that of the rows that `at` finds for (origins, horizon)."""

    def score(table: pd.DataFrame, period: int, horizon: int) -> np.ndarray:
        last_week = last_period(table, period)
        departure = (table - last_week).ffill().to_numpy()
        origins = np.arange(period, len(table) - horizon)[:, None]
        rows = origins + np.arange(1, horizon + 1)
        y = last_week.to_numpy()[rows] + weight * departure[at(origins, horizon)]
        return np.sqrt(np.nanmean((table.to_numpy()[rows] - y) ** 2, axis=(0, 2)))

    return score


@STEP.exercise
def too_far_ahead(known: pd.DataFrame, period: int, horizon: int) -> Expected:
    """Find the bug: the newest departure from last week is taken from the row before each target, not from the origin."""
    mistakes = [
        (
            _by_step(lambda origins, horizon: origins + np.arange(horizon)),
            "まだ、2 時間先の誤差が 30 分先と同じです。2 時間先の予測は、どの時刻までの値から作られていますか。",
            "Two hours ahead is still as easy as half an hour. Up to which time do the values behind that forecast go?",
        ),
        (
            _by_step(lambda origins, horizon: origins + np.arange(1, horizon + 1)),
            "予測する時刻そのものの値を使っています。だから、誤差が 0 になります。",
            "The value to be forecast is used itself: hence an error of 0.",
        ),
        (
            _by_step(lambda origins, horizon: origins + 1),
            "起点より 1 行あとの値を使っています。これは、最初に予測する値です。",
            "You use the value one row after the origin, which is the first to be forecast.",
        ),
        (
            _by_step(lambda origins, horizon: origins + np.arange(1, horizon + 1) - horizon),
            "近い時刻の予測にまで、起点より古い値を使っています。どの時刻の予測でも、起点の値は分かっています。",
            "For the nearer times you use values older than the origin's. That of the origin is known for all of them.",
        ),
        (
            _by_step(lambda origins, horizon: origins - 1),
            "起点より 1 行前の値を使っています。起点の値は、もう分かっています。",
            "You use the value one row before the origin. That of the origin is known already.",
        ),
        (
            _by_step(lambda origins, horizon: origins, weight=0),
            "先週の値だけの予測になっています。起点で分かる「先週との差」は、足してよい値です。",
            "This forecasts last week's value alone. How far the origin is from last week is known and may be added.",
        ),
    ]
    found = (
        "先の時刻ほど、誤差が大きくなりました。先まで分かるのは先週の値だけで、「先週との差」は起点までしか分かりません。",
        "Errors now grow with the time ahead. Only last week's values are known ahead; the difference from them is known up to the origin.",
    )
    random = np.random.default_rng(0)
    small = pd.DataFrame(random.integers(0, 10, (14, 2)) / 10, columns=["a", "b"])
    inputs = [(small, 3, 2), (known, period, horizon)]
    return Expected(_by_step(lambda origins, horizon: origins), mistakes, inputs, found)


@STEP.exercise
def two_means(walk: dict[str, pd.DataFrame], scale: pd.Series) -> Expected:
    """Study: the LSTM's skill against boosting by the pooled RMSE, and by the mean RMSSE."""
    lstm, boosting = (walk[name] for name in ("LSTM for all", "boosting for all"))

    def skill(of: Callable[[pd.DataFrame], float], other: pd.DataFrame = boosting) -> float:
        return 1 - of(lstm) / of(other)

    def pooled(squares: pd.DataFrame) -> float:
        return np.sqrt(np.nanmean(squares))

    def mean_rmsse(squares: pd.DataFrame) -> float:
        return (squares.mean() ** 0.5 / scale).mean()

    right = skill(pooled), skill(mean_rmsse)
    mistakes = [
        (
            right[::-1],
            "2 つの値が入れかわっています。先に、まとめた RMSE でのスキルを答えます。",
            "The two values have changed places: the skill by the pooled RMSE comes first.",
        ),
        (
            (skill(pooled), skill(lambda squares: (squares.mean() ** 0.5).mean())),
            "2 つ目は、駐車場ごとの RMSE の平均です。`scale` で割ってから平均してください。",
            "The second averages the RMSE of the car parks. Divide by `scale` before averaging.",
        ),
        (
            (skill(pooled), 1 - ((lstm.mean() / boosting.mean()) ** 0.5).mean()),
            "2 つ目は、駐車場ごとの誤差の比を平均しています。先に RMSSE を平均し、それから比をとります。",
            "The second averages the ratios of the car parks. Average the RMSSE first, then take the ratio.",
        ),
        (
            (skill(np.nanmean), skill(lambda squares: (squares.mean() / scale**2).mean())),
            "二乗誤差のままの比です。どちらも平方根をとってから比べます。",
            "Both are ratios of squared errors. Take the roots first.",
        ),
        (
            (1 - pooled(boosting) / pooled(lstm), 1 - mean_rmsse(boosting) / mean_rmsse(lstm)),
            "ブースティングのスキルになっています。求めるのは LSTM のスキルです。",
            "This is the skill of boosting against the LSTM. Wanted is the skill of the LSTM.",
        ),
        (
            (skill(pooled, walk["ridge for each"]), skill(mean_rmsse, walk["ridge for each"])),
            "系列ごとのリッジ回帰と比べています。共通のブースティングと比べてください。",
            "You compare with a ridge for each. Compare with one boosting for all.",
        ),
        (
            (skill(lambda squares: squares.mean(axis=1).mean() ** 0.5), skill(mean_rmsse)),
            "1 つ目で、先に日ごとに平均しています。欠損値のある日も同じ重みになります。すべての二乗誤差を一度に平均します。",
            "The first averages day by day before it averages the days, though some have missing values. Average all squared errors at once.",
        ),
        (
            (skill(lambda squares: np.nanmean(squares**0.5)), skill(mean_rmsse)),
            "1 つ目は、日ごとの RMSE の平均です。二乗誤差を全部平均してから、平方根をとります。",
            "The first averages roots day by day. Average all the squared errors, then take the root.",
        ),
    ]
    found = (
        "平均のとり方を変えるだけで、勝ち負けが入れかわりました。まとめた RMSE は、誤差の大きい駐車場でほとんど決まります。",
        "The way of averaging alone changes who wins. The car parks with large errors decide most of the pooled RMSE.",
    )
    return Expected(right, mistakes, found=found if right[0] * right[1] < 0 else ("", ""))
