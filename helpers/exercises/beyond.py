"""Step 06: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LinearRegression
from torch import Tensor

from helpers.data import generate
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.validation import rmse, skill

QUESTIONS = {
    "wins": Question(
        "ステップ 05 と同じ設定の level_model は、6 系列のうちいくつで、ナイーブ予測にはっきり勝つと思いますか。",
        "With the settings of step 05, on how many of the six series will level_model clearly beat the naive forecast?",
        [
            (0, "1 つもない", "none"),
            (lambda wins: wins <= 2, "1 つか 2 つ", "one or two"),
            (lambda wins: wins <= 4, "3 つか 4 つ", "three or four"),
            (lambda wins: wins >= 5, "5 つ以上", "five or more"),
        ],
    ),
    "today": Question(
        "学習が終わるとき、今日（t）の重みは、どの値の近くにあると思いますか。",
        "When training ends, which value will the weight of today (t) be close to?",
        [
            (lambda weight: weight < 0.1, "0（今日は使わない）", "0: today is not used"),
            (lambda weight: weight < 0.35, "0.2（5 日を等しく使う）", "0.2: the five days count alike"),
            (lambda weight: weight < 0.75, "0.5（半分が今日）", "0.5: half of it is today"),
            (lambda weight: weight >= 0.75, "1（ほぼ今日だけ）", "1: hardly anything but today"),
        ],
    ),
    "mean": Question(
        "平均に引き戻される AR(1) で、ナイーブ予測に対する change_model のスキルは、level_model と比べてどうなると思いますか。",
        "On AR(1), which is pulled back to its mean, how will change_model's skill against naive compare with that of level_model?",
        [
            (lambda difference: difference > 0.01, "高くなる", "it will be higher"),
            (lambda difference: difference >= -0.01, "ほとんど変わらない", "about the same"),
            (lambda difference: difference < -0.01, "低くなる", "it will be lower"),
        ],
    ),
}

STEP = Step("06_beyond_the_lag", ("その先へ", "Going further"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def sine_weights(x: Tensor, t: Tensor) -> Expected:
    """Observe: the weights of a linear regression on the last two values of a sine wave."""

    linear = LinearRegression().fit(x[:, :, 0].double(), t[:, 0].double())
    before, today = linear.coef_
    mistakes = [
        (
            (today, before),
            "並びが逆です。窓の左が前の日、右が今日で、`coef_` も同じ順です。",
            "The order is reversed. The left of a window is the day before, the right is today, and so it is in `coef_`.",
        ),
        (
            (0, 1),
            "それは、ナイーブ予測の重みです。正弦波の窓で学習した重みを読み取ってください。",
            "Those are the weights of the naive forecast. Read off the weights learned from the windows of the sine.",
        ),
        (
            (before, linear.intercept_),
            "2 つ目は切片（`intercept_`）です。重みは、2 つとも `coef_` にあります。",
            "The second is the intercept (`intercept_`). Both weights are in `coef_`.",
        ),
        (
            (-1, 2),
            "それは「今日 + 直前の動き」の重みです。近い値ですが、表示された値を読み取ってください。",
            "Those are the weights of “today plus the latest move”. They are close: read off the values that are shown.",
        ),
    ]
    found = (
        "「今日 + 直前の動き」に近い予測です。2 日分だけで、正弦波は完全に予測できます。",
        "This is nearly “today plus the latest move”. Two days are enough to forecast a sine wave perfectly.",
    )
    return Expected((before, today), mistakes, found=found, tolerance=2e-3)


@STEP.exercise
def price_forecast() -> Expected:
    """Write: the forecast of the price, by a model that takes changes and answers with a change."""

    def right(x, model):
        return x[:, -1] + model(x.diff(dim=1))

    def change_alone(x, model):
        return model(x.diff(dim=1))

    def sees_levels(x, model):
        return x[:, -1] + model(x)

    def from_the_first_day(x, model):
        return x[:, 0] + model(x.diff(dim=1))

    def on_the_forecast_before(x, model):
        return x[0, -1] + model(x.diff(dim=1)).cumsum(dim=0)

    def across_windows(x, model):
        return x[1:, -1] + model(x.diff(dim=0))

    def every_pair(x, model):
        return x[:, -1, 0] + model(x.diff(dim=1))

    mistakes = [
        (
            change_alone,
            "これは、変化の予測です。価格にするには、今日の価格に足します。",
            "This is a forecast of the change. Add it to today's price to get a price.",
        ),
        (
            sees_levels,
            "モデルに、価格がそのまま渡っています。このモデルが受け取るのは、隣り合う日の差です。",
            "The model gets the prices as they are. It takes the differences of neighbouring days.",
        ),
        (
            from_the_first_day,
            "窓の最初の日の価格に足しています。今日の価格は、窓の最後の値です。",
            "You add to the price of the window's first day. Today's price is its last value.",
        ),
        (
            on_the_forecast_before,
            "前の予測に次々と足しています。実際の価格は毎日分かるので、どの窓でも、その窓の今日の価格に足します。",
            "You go on from the forecast before. The actual price is known every day: add to today's price of each window itself.",
        ),
        (
            across_windows,
            "差をとる軸が違います。`dim=0` は、隣り合う窓の差です。",
            "The differences run along the wrong axis: `dim=0` is from window to window.",
        ),
        (
            every_pair,
            "すべての窓の価格に、すべての窓の変化を足しています。価格の形を (窓の数, 1) にしてください。",
            "You add the change of every window to the price of every window. The prices must have the shape (windows, 1).",
        ),
    ]  # fmt: skip

    def half_of_the_last_change(changes: Tensor) -> Tensor:
        return changes[:, -1] / 2

    def mean_change(changes: Tensor) -> Tensor:
        return changes.mean(dim=1)

    few = torch.tensor([[[100.0], [101.0], [103.0]], [[101.0], [103.0], [102.0]]])
    more = 100 + torch.randn(6, 30, 1, generator=torch.Generator().manual_seed(0))
    inputs = [(few, half_of_the_last_change), (few, mean_change), (more[:, :5], mean_change), (more, mean_change)]
    return Expected(right, mistakes, inputs, shaped=True)


@STEP.exercise
def seasonal_change() -> Expected:
    """Write: the change over the next step, one period earlier."""

    def right(series, period):
        return series.diff().shift(period - 1)

    mistakes = [
        (
            lambda series, period: series.diff().shift(period),
            "1 期だけ古い値です。予測するのは次の 1 期の変化なので、1 周期前の「次の 1 期」を見ます。",
            "That is one step too old. The target is the change over the next step: look at the next step of one period ago.",
        ),
        (
            lambda series, period: series.shift(period - 1),
            "これは、1 周期前の値です。変化にしてください。",
            "This is the value one period ago. Make it a change.",
        ),
        (
            lambda series, period: series.diff(period),
            "これは、1 周期前からの変化です。必要なのは、1 周期前に起きた 1 期分の変化です。",
            "This is the change since one period ago. What is needed is a change over one step, one period ago.",
        ),
        (
            lambda series, period: series.diff().shift(-1),
            "次の 1 期の変化そのものです。予測する時点では、まだ分かりません。",
            "That is the change over the next step itself, which is not known yet when the forecast is made.",
        ),
        (
            lambda series, period: series.diff().shift(1 - period),
            "ずらす向きが逆で、未来の値が入っています。正の数でずらすと、過去の値になります。",
            "The shift goes the wrong way and brings in the future. A positive number brings values of the past.",
        ),
        (
            lambda series, period: series.diff().shift(1),
            "1 期前の変化です。ずらす数を、周期から決めてください。",
            "That is the change one step ago. The number of steps to shift follows from the period.",
        ),
    ]
    small = pd.Series([1.0, 2.0, 4.0, 8.0, 9.0, 11.0, 16.0, 17.0])
    walk = generate("random_walk", 60, 1)["Close"]
    return Expected(right, mistakes, [(small, 3), (walk, 24), (walk, 7)], shaped=True)


@STEP.exercise
def smooth_walk() -> Expected:
    """Find the bug: a centred rolling mean sees the change that is to be forecast."""

    def scored(smoothed: Callable, inputs=("change", "smooth"), end: int | None = -200):
        def score(series):
            change = series.diff()
            columns = {"next": change.shift(-1), "change": change, "smooth": smoothed(change)}
            table = pd.DataFrame(columns).dropna()
            past, ahead, names = table[:end], table[-200:], list(inputs)
            y = LinearRegression().fit(past[names], past["next"]).predict(ahead[names])
            return skill(ahead["next"], y, 0 * ahead["next"])

        return score

    def centred(change: pd.Series) -> pd.Series:
        return change.rolling(3, center=True).mean()

    def past_only(change: pd.Series) -> pd.Series:
        return change.rolling(3).mean()

    mistakes = [
        (
            scored(centred),
            "まだ、勝てないはずのランダムウォークで勝っています。表の 1 行を選び、各列がどの日の変化から計算されているかを書き出してください。",
            "It still wins on a random walk, where nothing can. Take one row of the table and write down from which days' changes each column is made.",
        ),
        (
            scored(lambda change: change.rolling(3).mean().shift(1)),
            "未来は消えましたが、今日の変化まで捨てています。今日までの 3 日は、予測する時点で分かっています。",
            "The future is gone, but so is today's change. The three days up to today are known when the forecast is made.",
        ),
        (
            scored(past_only, ["change"]),
            "列を使わなければ勝ちは消えますが、直したことになりません。過去だけの平均にしてください。",
            "Without the column the win is gone, but nothing is mended. Make it a mean of the past alone.",
        ),
        (
            scored(centred, ["change"]),
            "`smooth` を学習に使っていません。列は 2 つとも残し、`smooth` を過去だけの平均にしてください。",
            "`smooth` is no longer learned from. Keep both columns, and make `smooth` a mean of the past alone.",
        ),
        (
            scored(lambda change: change, ["change"]),
            "表から `smooth` を外しています。列を減らさずに、`smooth` を過去だけの平均にしてください。",
            "You have taken `smooth` out of the table. Keep it, and make it a mean of the past alone.",
        ),
        (
            scored(past_only, ["smooth"]),
            "平均は直りましたが、`change` を使っていません。列は 2 つとも使います。",
            "The mean is mended, but `change` is not used. Use both columns.",
        ),
        (
            scored(past_only, end=None),
            "平均は直りましたが、最後の 200 日も学習に使っています。学習は、その前の日だけです。",
            "The mean is mended, but the last 200 days are learned from too. Learn from the days before them alone.",
        ),
        (
            scored(centred, ["smooth"]),
            "`change` を外しても、`smooth` が未来を見ています。平均に使う日を確かめてください。",
            "Even without `change`, `smooth` sees the future. Look at the days that its mean is made of.",
        ),
    ]  # fmt: skip
    found = (
        "中央に置いた移動平均には、次の日の変化が入ります。図をなめらかにするのには使えても、入力には使えません。",
        "A centred rolling mean holds the next day's change. It may smooth a figure, but it cannot be an input.",
    )
    inputs = [(generate("random_walk", 1092, seed)["Close"],) for seed in (1, 2, 3)]
    return Expected(scored(past_only), mistakes, inputs, found)


@STEP.exercise
def without(table: pd.DataFrame) -> Expected:
    """Study: the error of a linear regression on the seasonal columns, each left out in turn."""
    for name, steps in (("day", 24), ("week", 168)):
        if not table[name][steps:].equals(table["next"].shift(steps)[steps:].rename(name)):
            raise ValueError(f"table: {name}")
    names = ["change", "day", "week"]
    past, ahead = table[: "2013-06-30 23:00"], table["2013-07-01":]  # fmt: skip
    naive = rmse(ahead["next"], 0 * ahead["next"])

    def error(columns: list[str]) -> float:
        y = LinearRegression().fit(past[columns], past["next"]).predict(ahead[columns])
        return rmse(ahead["next"], y) / naive

    left_out = [error([other for other in names if other != name]) for name in names]
    alone = tuple(error([name]) for name in names)
    everything = error(names)
    mistakes = [
        (
            alone,
            "1 列だけを使った誤差です。1 列を外し、残りの 2 列を使ってください。",
            "These are the errors with one column alone. Leave one column out and use the other two.",
        ),
        (
            tuple(value - everything for value in left_out),
            "3 列すべてのときとの差です。誤差の比そのものを答えてください。",
            "These are the differences from all three columns. Answer with the shares themselves.",
        ),
        (
            tuple(value * naive for value in left_out),
            "これは RMSE です。`share` が返す、ナイーブ予測に対する比を答えてください。",
            "These are RMSE. Answer with what `share` gives, the share of the naive forecast's.",
        ),
        (
            tuple(error(names[:k]) for k in (1, 2, 3)),
            "列を 1 つずつ増やしています。ここでは、3 列から 1 列ずつ外します。",
            "You add the columns one by one. Here, take one of the three away at a time.",
        ),
    ]
    costly = names[int(np.argmax(left_out))]
    found = (
        f"外すと最も困るのは「{costly}」です。ほかの列に同じ情報が残る列は、外しても誤差がほとんど変わりません。",
        f"What is missed most is “{costly}”. Where the other columns hold the same information, hardly anything changes.",
    )
    return Expected(tuple(left_out), mistakes, found=found, tolerance=2e-3)
