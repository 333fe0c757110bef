"""Step 09: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.columns import recent_range, scaled_quantiles
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.uncertainty import empirical_quantiles, interval_scores
from helpers.validation import rmse

QUESTIONS = {
    "five": Question(
        "5 つの列を見せると、前日の始値に対するスキルはどのくらいになると思いますか。",
        "With five columns, what skill against the previous open do you expect?",
        [
            (lambda skill: skill < 0.05, "ほぼ 0 のまま（0.05 より小さい）", "still about 0: below 0.05"),
            (lambda skill: skill <= 0.2, "0.05 から 0.2", "0.05 to 0.2"),
            (lambda skill: skill > 0.2, "0.2 より大きい", "above 0.2"),
        ],
    ),
    "column": Question(
        "始値に 1 列だけ足すとき、誤差を最も減らすのはどの列だと思いますか。",
        "If one column is added to the open, which will reduce the error most?",
        [("High", "高値", "high"), ("Low", "安値", "low"), ("Close", "終値", "close"), ("Volume", "出来高", "volume")],
    ),
    "range": Question(
        "終値の変化と値幅では、どちらの自己相関が大きいと思いますか。",
        "Which will have the larger autocorrelation, the change of the close or the range?",
        [
            (lambda difference: difference < -0.02, "終値の変化", "the change of the close"),
            (lambda difference: difference <= 0.02, "ほとんど同じ", "about the same"),
            (lambda difference: difference > 0.02, "値幅", "the range"),
        ],
    ),
    "best": Question(
        "翌日の範囲の予測で、ピンボール損失が最も小さいのはどれだと思いますか。",
        "Which forecast of the next day's range will have the smallest pinball loss?",
        [
            ("empirical", "経験分位点", "empirical quantiles"),
            (lambda name: name in ("EWM range", "HAR"), "値幅の EWM か HAR", "EWM range or HAR"),
            ("LSTM", "LSTM", "LSTM"),
            ("LSTM on EWM", "EWM を土台にした LSTM", "LSTM on EWM"),
        ],
    ),
}

MOST = slice(-5, None)  # of days in order

STEP = Step("09_many_columns", ("多くの列を使う", "Many columns"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def levels(relative: pd.DataFrame, ahead: int, half_life: float) -> Expected:
    """Observe: coverage and width of the interval from the 0.25 to the 0.75 quantile."""
    actual = relative[["Low", "High"]].to_numpy()[-ahead:]

    def of(levels: tuple[float, float]) -> pd.Series:
        return interval_scores(actual, scaled_quantiles(relative, ahead, levels, half_life), levels)

    inner, outer = of((0.25, 0.75)), of((0.1, 0.9))
    mistakes = [
        (
            (outer["coverage"], outer["width"]),
            "分位点が 0.1 と 0.9 のままです。0.25 と 0.75 に変えてください。",
            "The levels are still 0.1 and 0.9. Change them to 0.25 and 0.75.",
        ),
        (
            (inner["width"], inner["coverage"]),
            "2 つの値が入れかわっています。先に被覆率を答えます。",
            "The two values have changed places: the coverage comes first.",
        ),
        (
            (inner["low coverage"], inner["width"]),
            "1 つ目は、安値だけの被覆率です。安値と高値の両方が中にあった日の割合（coverage）を読んでください。",
            "The first is the coverage of the low alone. Read the share of days on which both stayed inside: coverage.",
        ),
        (
            (inner["high coverage"], inner["width"]),
            "1 つ目は、高値だけの被覆率です。安値と高値の両方が中にあった日の割合（coverage）を読んでください。",
            "The first is the coverage of the high alone. Read the share of days on which both stayed inside: coverage.",
        ),
        (
            (inner["pinball"], inner["width"]),
            "1 つ目はピンボール損失です。被覆率（coverage）の行を読んでください。",
            "The first is the pinball loss. Read the row of the coverage.",
        ),
    ]
    found = (
        "区間は狭くなり、被覆率も下がります。片方だけでは、どちらの区間が良いかは分かりません。",
        "The interval is narrower and the coverage lower. Neither alone says which interval is better.",
    )
    return Expected((inner["coverage"], inner["width"]), mistakes, found=found, tolerance=2e-3)


@STEP.exercise
def coverage() -> Expected:
    """Write: the share of days on which the low and the high both stay inside a range."""
    mistakes = [
        (
            lambda low, high, lower, upper: ((low >= lower) | (high <= upper)).mean(),
            "どちらか一方が収まった日も数えています。両方が収まった日だけを数えます。",
            "Days on which only one of them stayed inside are counted too. Count those on which both did.",
        ),
        (
            lambda low, high, lower, upper: ((low >= lower).mean() + (high <= upper).mean()) / 2,
            "安値の被覆率と高値の被覆率の平均です。日ごとに、両方が収まったかを調べます。",
            "That is the mean of two coverages, of the low and of the high. Look day by day whether both stayed inside.",
        ),
        (
            lambda low, high, lower, upper: (low >= lower).mean() * (high <= upper).mean(),
            "2 つの被覆率の積です。安値と高値は独立ではないので、日ごとに調べます。",
            "That is the product of two coverages. Low and high are not independent: look day by day.",
        ),
        (
            lambda low, high, lower, upper: ((low <= upper) & (high >= lower)).mean(),
            "少しでも重なった日を数えています。安値から高値までの全体が収まった日を数えます。",
            "Days that overlap at all are counted. Count those whose whole range, from low to high, stayed inside.",
        ),
        (
            lambda low, high, lower, upper: ((low > lower) & (high < upper)).mean(),
            "端にちょうど等しい値を、外れたと数えています。",
            "Values that exactly equal an end are counted as outside.",
        ),
        (
            lambda low, high, lower, upper: (low >= lower).mean(),
            "安値しか見ていません。高値が上端より上に出た日は、外れた日です。",
            "Only the low is looked at. A day whose high rises above the upper end is outside.",
        ),
        (
            lambda low, high, lower, upper: 1 - ((low >= lower) & (high <= upper)).mean(),
            "これは、外れた日の割合です。",
            "This is the share of days outside.",
        ),
    ]
    low, high = np.array([97, 99, 95, 98]), np.array([101, 104, 100, 103])
    random = np.random.default_rng(0)
    middle = random.normal(size=40)
    many = (middle - random.random(40), middle + random.random(40), np.full(40, -1.2), np.full(40, 1.0))
    inputs = [
        (low, high, np.full(4, 96), np.full(4, 103)),
        (low, high, low + [0, 1, 0, -1], high - [1, 0, 0, -1]),
        many,
    ]
    return Expected(lambda low, high, lower, upper: ((low >= lower) & (high <= upper)).mean(), mistakes, inputs=inputs)


@STEP.exercise
def newest(prices: pd.DataFrame, ahead: int) -> Expected:
    """Write: the RMSE of the newest known value as a forecast of the open, and of the close."""

    def error(target: str, known: str, back: int = 1, loss: Callable = rmse) -> float:
        return loss(prices[target].iloc[-ahead:], prices[known].shift(back).iloc[-ahead:])

    def mae(actual: pd.Series, y: pd.Series) -> float:
        return (actual - y).abs().mean()

    mistakes = [
        (
            (error("Open", "Open"), error("Close", "Close")),
            "始値の予測に、前日の始値を使っています。予測を作るときには、もっと新しい値が分かっています。",
            "For the open you use the previous open. When the forecast is made, a newer value is known.",
        ),
        (
            (error("Open", "Close"), error("Close", "Open", 0)),
            "終値の予測に、その日の始値を使っています。前日の取引が終わった時点では、まだ分かりません。",
            "For the close you use the open of the same day, which is not known when trading ends on the day before.",
        ),
        (
            (error("Open", "Close"), error("Close", "Open")),
            "終値の予測に、前日の始値を使っています。同じ日には、それより新しい値があります。",
            "For the close you use the previous open. The same day has a newer value.",
        ),
        (
            (error("Open", "Close", 0), error("Close", "Close")),
            "始値の予測に、その日の終値を使っています。これは未来の値です。",
            "For the open you use the close of the same day, which is in the future.",
        ),
        (
            (error("Open", "Close", 2), error("Close", "Close", 2)),
            "2 日前の終値を使っています。前日の終値で足ります。",
            "You use the close of two days before. That of the day before is known.",
        ),
        (
            (error("Open", "Close", loss=mae), error("Close", "Close", loss=mae)),
            "絶対誤差の平均（MAE）です。RMSE を答えてください。",
            "These are mean absolute errors. Answer with the RMSE.",
        ),
        (
            (error("Close", "Close"), error("Open", "Close")),
            "2 つの値が入れかわっています。先に、始値を目標にしたときの RMSE を答えます。",
            "The two values have changed places: the RMSE for the open comes first.",
        ),
    ]
    found = (
        "どちらのベースラインも、前日の終値です。終値から始値までは一晩、次の終値までは丸一日あります。",
        "Both baselines are the previous close. From a close to the next open it is a night, to the next close a whole day.",
    )
    return Expected((error("Open", "Close"), error("Close", "Close")), mistakes, found=found)


@STEP.exercise
def own_range(relative: pd.DataFrame, ahead: int, half_life: float) -> Expected:
    """Find the bug: the weighted mean of the ranges holds the range of the day itself."""
    ends = (0.1, 0.9)

    def scored(for_factors: int, for_forecasts: int) -> Callable:
        def loss(relative, ahead, half_life):
            latest = recent_range(relative, half_life).shift(-1)  # up to the day itself
            ratios = relative[["Low", "High"]].div(latest.shift(for_factors), axis=0)[:-ahead].dropna()
            y = np.outer(latest.shift(for_forecasts)[-ahead:], empirical_quantiles(ratios, ends))
            return interval_scores(relative[["Low", "High"]][-ahead:], y, ends)["pinball"]

        def with_own_mean(relative, ahead, half_life):
            extended = relative["range"].ewm(halflife=half_life).mean()
            ratios = relative[["Low", "High"]].div(extended.shift(for_factors), axis=0)[:-ahead].dropna()
            y = np.outer(extended.shift(for_forecasts)[-ahead:], empirical_quantiles(ratios, ends))
            return interval_scores(relative[["Low", "High"]][-ahead:], y, ends)["pinball"]

        return with_own_mean if 0 in (for_factors, for_forecasts) else loss

    mistakes = [
        (
            scored(0, 0),
            "まだ、規則性のない系列で経験分位点に勝っています。ある日の区間が、どの日までの値幅から計算されているかを確かめてください。",
            "It still beats the empirical quantiles where nothing is regular. Up to which day's range does the interval of a day go?",
        ),
        (
            scored(0, 1),
            "倍率を求めるときの平均に、まだその日自身の値幅が入っています。倍率と予測で、同じ平均を使います。",
            "The mean behind the factors still holds the range of the day itself. Factors and forecasts must use the same mean.",
        ),
        (
            scored(1, 0),
            "予測に使う平均に、まだその日自身の値幅が入っています。倍率と予測で、同じ平均を使います。",
            "The mean behind the forecasts still holds the range of the day itself. Factors and forecasts must use the same mean.",
        ),
        (
            scored(2, 2),
            "1 日余計にずらしています。前の日の値幅は、予測する時点で分かっています。",
            "That is shifted by one day too many. The range of the day before is known when the forecast is made.",
        ),
    ]  # fmt: skip
    found = (
        "その日の値幅が分かれば、安値と高値が当たるのは当然です。行をでたらめに並べかえて成績が残るなら、未来を見ています。",
        "Who knows the day's range can of course tell its low and high. If a score survives a shuffle of the rows, it sees the future.",
    )
    shuffled = relative.sample(frac=1, random_state=1)
    inputs = [(relative, ahead, half_life), (shuffled, ahead, half_life), (shuffled[:60], 15, 4)]
    return Expected(scored(1, 1), mistakes, inputs, found)


@STEP.exercise
def five_days(ewm: np.ndarray, empirical: np.ndarray) -> Expected:
    """Study: a function for the skill in pinball loss with all days, and without the five days that gain most.

    On the Nikkei these are also the days with the largest losses, and with the largest differences of either sign; in the
    other inputs they are not.
    """

    def skill(ewm: np.ndarray, empirical: np.ndarray) -> float:
        return 1 - ewm.mean() / empirical.mean()

    def chosen(order: Callable, days: slice = MOST) -> Callable:
        def both(ewm, empirical):
            most = np.argsort(order(ewm, empirical))[days]
            return skill(ewm, empirical), skill(np.delete(ewm, most), np.delete(empirical, most))

        return both

    def gain(ewm, empirical):
        return empirical - ewm

    right = chosen(gain)

    def from_one_only(ewm, empirical):
        most = np.argsort(gain(ewm, empirical))[-5:]
        return skill(ewm, empirical), skill(np.delete(ewm, most), empirical)

    def own_days(ewm, empirical):
        return skill(ewm, empirical), skill(np.sort(ewm)[:-5], np.sort(empirical)[:-5])

    def mean_of_ratios(ewm, empirical):
        most = np.argsort(gain(ewm, empirical))[-5:]
        return (1 - ewm / empirical).mean(), np.delete(1 - ewm / empirical, most).mean()

    mistakes = [
        (
            lambda ewm, empirical: right(ewm, empirical)[::-1],
            "2 つの値が入れかわっています。先に、すべての日のスキルを返します。",
            "The two values have changed places: the skill of all days comes first.",
        ),
        (
            chosen(gain, slice(5)),
            "改善が最も小さい 5 日を除いています。`np.argsort` は、小さい順に並べます。",
            "You leave out the five days that gain least. `np.argsort` puts the smallest first.",
        ),
        (
            chosen(lambda ewm, empirical: np.abs(empirical - ewm)),
            "差の絶対値が大きい 5 日を除いています。悪くなった日は、改善ではありません。符号を残してください。",
            "You leave out the days with the largest difference of either sign. A day that got worse is no gain: keep the sign.",
        ),
        (
            chosen(lambda ewm, empirical: empirical),
            "経験分位点の損失が大きい 5 日を除いています。改善（empirical - ewm）が大きい 5 日を除きます。",
            "You leave out the days with the largest loss of the empirical quantiles. Leave out those with the largest empirical - ewm.",
        ),
        (
            chosen(lambda ewm, empirical: ewm),
            "値幅の EWM の損失が大きい 5 日を除いています。改善（empirical - ewm）が大きい 5 日を除きます。",
            "You leave out the days with the largest loss of the EWM. Leave out those with the largest empirical - ewm.",
        ),
        (
            own_days,
            "2 つの損失から、それぞれ別の 5 日を除いています。両方から同じ日を除きます。",
            "You leave out five days of its own from each loss. Leave the same days out of both.",
        ),
        (
            from_one_only,
            "片方の損失からしか、5 日を除いていません。両方から同じ日を除きます。",
            "The five days are left out of one loss only. Leave the same days out of both.",
        ),
        (
            chosen(gain, slice(-1, None)),
            "除いたのは 1 日だけです。改善の大きい 5 日を除いてください。",
            "You leave out one day only. Leave out the five that gain most.",
        ),
        (
            mean_of_ratios,
            "日ごとの比を平均しています。先に損失を平均し、それから比をとります。",
            "You average the ratios of the days. Average the losses first, then take the ratio.",
        ),
        (
            chosen(lambda ewm, empirical: (empirical - ewm) / empirical),
            "改善の割合が大きい 5 日を除いています。損失の差が大きい 5 日を除きます。",
            "You leave out the days with the largest relative gain. Leave out those with the largest difference.",
        ),
    ]
    found = (
        "100 日のうち 5 日を除くだけで、スキルは大きく変わります。これが、p が小さくならない理由です。",
        "Without five of 100 days the skill is quite another one. This is why p is not small.",
    )
    everything, rest = right(ewm, empirical)
    random = np.random.default_rng(0)
    inputs = [(ewm, empirical), (random.gamma(2, size=40), random.gamma(2, size=40) + 0.1)]
    return Expected(right, mistakes, inputs, found if everything - rest > 0.05 else ("", ""))
