"""Step 11: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.leakage import Finding
from helpers.windows import make_windows, split_last

QUESTIONS = {
    "clean": Question(
        "リークがないとき、4 つのテストのうちいくつが検知すると思いますか。",
        "How many of the four tripwires do you expect to fire without a leak?",
        [(0, "0 個", "none"), (1, "1 個", "one"), (lambda count: count > 1, "2 個以上", "two or more")],
    ),
    "scaler": Question(
        "スケーリングに全データを使うと、見かけの成績はどうなると思いますか。",
        "What do you expect of the apparent score when the scaler is fitted on everything?",
        [
            (lambda rise: rise > 0.05, "良くなる（スキルが 0.05 より大きく上がる）", "it improves, by more than 0.05"),
            (lambda rise: rise >= -0.05, "ほとんど変わらない（0.05 以内）", "it hardly changes, by 0.05 at most"),
            (lambda rise: rise < -0.05, "悪くなる（0.05 より大きく下がる）", "it gets worse, by more than 0.05"),
        ],
    ),
    "hold_out": Question(
        "6 つのリークのうち、ホールドアウトでもスキルが正になるのは、いくつだと思いますか。",
        "With how many of the six leaks do you expect a positive skill on the hold-out?",
        [
            (0, "0 個", "none"),
            (lambda count: count <= 3, "1 から 3 個", "one to three"),
            (lambda count: count > 3, "4 個以上", "four or more"),
        ],
    ),
}

STEP = Step("11_leakage", ("リーク", "Leakage"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def two_leaks(findings: Sequence[Finding]) -> Expected:
    """Observe: how many tripwires fire when two leaks are on."""
    fired = sum(finding.fired is True for finding in findings)
    mistakes = [
        (len(findings) - fired, "それは、検知しなかったテストの数です。", "That is how many tripwires stayed silent."),
        (
            len(findings),
            "それは、試したテストの数です。検知したものだけを数えてください。",
            "That is how many were tried. Count those that fired.",
        ),
        (
            fired - 1,
            "1 つ足りません。2 つのリークは別のテストで見つかるので、両方の分を数えます。",
            "One is missing. The two leaks are found by different tripwires: count those of both.",
        ),
    ]
    found = (
        "リークが重なると、それぞれを見つけるテストが、どちらも検知します。",
        "With two leaks at once, the tripwires that find the one and those that find the other all fire.",
    )
    return Expected(fired, mistakes, found=found if fired > 2 else ("", ""))


def common_share(horizon: int, shift: int) -> float:
    """The share of the target days that two windows made `shift` days apart have in common."""
    return max(0, horizon - shift) / horizon


@STEP.exercise
def shared() -> Expected:
    """Write: the function `common_share`."""
    mistakes = [
        (
            lambda horizon, shift: (horizon - shift) / horizon,
            "shift が horizon より大きいと、負の割合になります。重なりがなければ 0 です。",
            "Where shift is larger than horizon, the share is negative. Without any overlap it is 0.",
        ),
        (
            lambda horizon, shift: max(0, horizon - shift),
            "これは日数です。目標の日数で割って、割合にしてください。",
            "This is a number of days. Divide by the number of target days to get a share.",
        ),
        (
            lambda horizon, shift: min(horizon, shift) / horizon,
            "これは、重ならない日の割合です。",
            "This is the share of days that are not in common.",
        ),
        (
            lambda horizon, shift: max(0, horizon - shift - 1) / horizon,
            "1 日少なく数えています。shift が 0 なら、すべての日が重なります。",
            "You count one day too few. With a shift of 0 all days are in common.",
        ),
        (
            lambda horizon, shift: max(0, horizon - shift) / (horizon + shift),
            "2 つの窓のどちらかに入る日の数で割っています。1 つの窓の目標の日数で割ってください。",
            "You divide by the days that are in either window. Divide by the target days of one.",
        ),
    ]
    found = (
        "隣の窓とは、ホライズンが 20 なら 95%、1 なら 0% が重なります。",
        "With the next window 95% are in common for a horizon of 20, and none for a horizon of 1.",
    )
    return Expected(common_share, mistakes, [(4, 1), (4, 0), (20, 1), (20, 7), (1, 1), (5, 9)], found)


def moved_forecasts(forecast: Callable, values: np.ndarray, test: int, row: int) -> int:
    """How many forecasts made before `row` move when the values from `row` on do; one step ahead.

    forecast(values, test) gives (test,), one for each of the last `test` values, made one row before it.
    """
    changed = values.copy()
    changed[row:] *= 0.1
    early = row + 1 - (len(values) - test)
    return int((forecast(values, test) != forecast(changed, test))[:early].sum())


def last_known(values: np.ndarray, test: int) -> np.ndarray:
    """The naive forecast of the last `test` values."""
    return values[-test - 1 : -1].copy()


def peeking(values: np.ndarray, test: int) -> np.ndarray:
    """A leak of one row: the answer itself."""
    return values[-test:].copy()


def around(values: np.ndarray, test: int) -> np.ndarray:
    """A leak of two rows: the mean of the last known value and the two after it."""
    return np.array([values[end - 1 : end + 2].mean() for end in range(len(values) - test, len(values))])


def lowest(values: np.ndarray, test: int) -> np.ndarray:
    """A leak of all later rows: as far above the last known value as the lowest still to come is below it."""
    return np.array([2 * values[end - 1] - values[end:].min() for end in range(len(values) - test, len(values))])


def growing(values: np.ndarray, test: int) -> np.ndarray:
    """A leak of three rows: the last known value, grown as between the second and the third after it.

    Rounded, because / 10 and * 0.1 differ in the last bit, and with it a ratio of values that are both changed.
    """
    ends = np.arange(len(values) - test, len(values))
    second, third = (values[np.minimum(ends + rows, len(values) - 1)] for rows in (1, 2))
    with np.errstate(all="ignore"):  # of whoever puts 0 there
        return np.round(values[ends - 1] * third / second, 9)


def scaled(values: np.ndarray, test: int) -> np.ndarray:
    """A leak of all rows: halfway to the mean of the whole series."""
    return (values[-test - 1 : -1] + values.mean()) / 2


@STEP.exercise
def tripwire() -> Expected:
    """Write: the function `moved_forecasts`."""

    def compare(forecast, values, test, row, first, early=None, stayed=False, end=None):
        changed = values.copy()
        changed[first:end] *= 0.1
        moved = forecast(values, test) != forecast(changed, test)
        return int((~moved if stayed else moved)[:early].sum())

    def all_forecasts(forecast, values, test, row):
        return compare(forecast, values, test, row, row)

    def one_too_few(forecast, values, test, row):
        return compare(forecast, values, test, row, row, row - (len(values) - test))

    def one_row_later(forecast, values, test, row):
        return compare(forecast, values, test, row, row + 1, row + 1 - (len(values) - test))

    def one_row_alone(forecast, values, test, row):
        return compare(forecast, values, test, row, row, row + 1 - (len(values) - test), end=row + 1)

    def never(forecast, values, test, row):
        return 0  # both forecasts are made from the same series

    def that_stayed(forecast, values, test, row):
        return compare(forecast, values, test, row, row, row + 1 - (len(values) - test), stayed=True)

    def share(forecast, values, test, row):
        return moved_forecasts(forecast, values, test, row) / (row + 1 - (len(values) - test))

    mistakes = [
        (
            all_forecasts,
            "row 行目の値を知ってから作った予測まで数えています。それらは、リークがなくても動きます。",
            "You count forecasts made after row `row` was known, too. Those move without any leak.",
        ),
        (
            one_too_few,
            "row 行目の予測が抜けています。その予測は 1 つ前の行までの値で作るので、動いてはいけません。",
            "The forecast for row `row` is missing. It is made from the rows before, so it must not move.",
        ),
        (
            one_row_later,
            "row 行目の値が変わっていません。その行から先を変えます。",
            "The value of row `row` is not changed. Change the values from that row on.",
        ),
        (
            one_row_alone,
            "row 行目だけを変えています。その行から先を、すべて変えます。",
            "Row `row` alone is changed. Change all values from that row on.",
        ),
        (
            never,
            "いつも 0 です。2 回の予測で、row 行目から先の値は本当に違いますか。row は、values の先頭から数えた行番号です。",
            "It is always 0. Do the values from `row` on really differ between the two forecasts? `row` counts from the start of values.",
        ),
        (that_stayed, "動かなかった予測を数えています。", "You count the forecasts that did not move."),
        (
            share,
            "これは割合です。動いた予測の個数を返してください。",
            "This is a share. Return how many forecasts moved.",
        ),
    ]
    small = np.array([10.0, 11, 13, 12, 14, 17, 15, 18])
    walk = 100 + np.random.default_rng(0).normal(size=60).cumsum()
    inputs = [
        (peeking, small, 4, 6),
        (last_known, small, 4, 6),
        (around, walk, 20, 50),
        (scaled, walk / 100, 20, 45),  # moves by less than 1
        (lowest, walk, 20, 45),  # moves up, and not when the later values are raised
        (growing, walk, 15, 50),  # does not move where both values have the same factor
    ]
    found = (
        "コードを読まなくても、これで未来を使う予測が見つかります。",
        "It finds a forecast that uses the future, without reading its code.",
    )
    return Expected(moved_forecasts, mistakes, inputs, found)


@STEP.exercise
def moving_average(seen: np.ndarray, test: int) -> Expected:
    """Find the bug: a moving average that takes in later days."""

    def regression(values, test, smooth=None):
        columns = values if smooth is None else np.column_stack([values, smooth])
        x, t = make_windows(columns, 3)
        x_train, x_test, t_train, _ = split_last(x.flatten(1), t[:, 0], test)
        return LinearRegression().fit(x_train, t_train).predict(x_test)

    def mean(values, **how):
        return pd.Series(values).rolling(5, min_periods=1, **how).mean()

    def up_to_the_day(values, test):
        return regression(values, test, mean(values))

    def as_given(values, test):
        return regression(values, test, mean(values, center=True))

    def without_it(values, test):
        return regression(values, test)

    def a_day_older(values, test):
        return regression(values, test, mean(values).shift(1, fill_value=values[0]))

    def parts_apart(values, test):
        return regression(values, test, pd.concat([mean(part, center=True) for part in np.split(values, [-test])]))

    mistakes = [
        (
            as_given,
            "まだ、コイン投げの系列でナイーブ予測に勝ちます。特徴量は、予測する日の値を知っていませんか。",
            "It still beats the naive forecast on coin tosses. Does a feature know the value of the day to forecast?",
        ),
        (
            without_it,
            "リークは消えましたが、移動平均も消えました。移動平均は残したまま直します。",
            "The leak is gone, but so is the moving average. Mend it and keep the average.",
        ),
        (
            a_day_older,
            "リークはありませんが、移動平均が 1 日古くなっています。その日の値は、もう知っています。",
            "Nothing leaks, but the average is a day too old. The value of the day itself is known.",
        ),
        (
            parts_apart,
            "学習部分とテスト部分を分けて平均しても、テスト部分の中ではまだ先の日を見ています。",
            "With the parts averaged apart, the average still looks ahead within the test part.",
        ),
    ]
    found = (
        "その日までの平均なら、コイン投げの系列でスキルは残りません。",
        "With an average up to the day, no skill remains on coin tosses.",
    )
    # A series in which the mean of five days matters. The four rows without a whole mean may be left out of training, or
    # filled in another way: among so many rows that changes the forecasts by less than the tolerance.
    random = np.random.default_rng(0)
    series = list(random.normal(10, 1, 5))
    for noise in random.normal(size=4000):
        series.append(2 + 0.8 * np.mean(series[-5:]) + noise)
    values = np.array(series)
    inputs = [(seen, test), (values, test), (values[:3000], 60)]
    return Expected(up_to_the_day, mistakes, inputs, found, tolerance=2e-3)


@STEP.exercise
def short_horizon(apparent: Callable[[str, int], float]) -> Expected:
    """Study: by how much a shuffled split raises the apparent score, with horizons of 1 and 20."""
    with_leak, without = ([apparent(leak, horizon) for horizon in (1, 20)] for leak in ("shuffle", ""))
    rise = tuple(a - b for a, b in zip(with_leak, without, strict=True))
    mistakes = [
        (
            rise[::-1],
            "2 つの値が入れかわっています。ホライズン 1 が先です。",
            "The two values have changed places: the horizon of 1 comes first.",
        ),
        (
            tuple(with_leak),
            "これは、リークのある成績そのものです。リークなしからの上がり幅を答えてください。",
            "These are the scores with the leak. Answer with their rise over the scores without.",
        ),
        (tuple(without), "これは、リークなしの成績です。", "These are the scores without a leak."),
        (
            (with_leak[0] - without[1], rise[1]),
            "1 つ目で、ホライズン 20 のリークなしと比べています。同じホライズンどうしを比べます。",
            "The first one is compared with the horizon of 20 without a leak. Compare the same horizons.",
        ),
        (
            tuple(b - a for a, b in zip(with_leak, without, strict=True)),
            "引き算の向きが逆です。リークありから、リークなしを引きます。",
            "You subtract the wrong way round: with the leak, minus without.",
        ),
    ]
    found = (
        "ホライズン 1 では隣の窓の目標と重ならないので、混ぜて分けても成績はあまり上がりません。リークが成績に表れるかどうかは、目標の重なりで変わります。",
        "With a horizon of 1, targets have no day in common, and the shuffled split gains little. Whether a leak shows in the score depends on the overlap of targets.",
    )
    return Expected(rise, mistakes, found=found if rise[1] - rise[0] > 0.1 else ("", ""))
