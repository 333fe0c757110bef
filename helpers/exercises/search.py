"""Step 12: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.validation import rmse, skill

QUESTIONS = {
    "search": Question(
        "探索で見つかる最良の設定は、検証部分でどのくらいのスキルになると思いますか。",
        "What skill do you expect on the validation part from the best settings that the search finds?",
        [
            (lambda best: best > 0.05, "0.05 より大きい", "above 0.05"),
            (lambda best: best > 0, "0 から 0.05", "between 0 and 0.05"),
            (lambda best: best <= 0, "0 以下（前日の終値に勝てない）", "0 or below: no better than the previous close"),
        ],
    ),
    "test": Question(
        "選んだ設定のスキルは、検証部分と比べて、テスト部分では上がると思いますか。下がると思いますか。",
        "Do you expect more skill from the chosen settings on the test part than on the validation part, or less?",
        [
            (lambda rise: rise > 0.02, "上がる（差は 0.02 より大きい）", "more, by over 0.02"),
            (lambda rise: rise >= -0.02, "ほとんど同じ（差は 0.02 以内）", "about the same, within 0.02"),
            (lambda rise: rise < -0.02, "下がる（差は 0.02 より大きい）", "less, by over 0.02"),
        ],
    ),
    "exam": Question(
        "最後の試験で、前日の終値に勝つと思いますか。",
        "Do you expect to beat the previous close in the final exam?",
        [
            (lambda result: result[1] >= 0.05, "勝ちとも負けとも言えない", "neither a win nor a defeat"),
            (lambda result: result[0] > 0, "偶然とは言えない差で勝つ", "a win by more than chance"),
            (lambda result: result[0] <= 0, "偶然とは言えない差で負ける", "a defeat by more than chance"),
        ],
    ),
}

STEP = Step("12_backtest_and_search", ("バックテストと探索", "Backtest and search"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def refits(rows: int, days: int, window: int, every: int) -> Expected:
    """Observe: how often `walk` trains, and on how many windows the last time."""
    times, before = ceil(days / every), rows - days - window  # windows that can be made before the first day
    last = before + (times - 1) * every
    mistakes = [
        (
            (days, before + days - 1),
            "それは、毎日学習し直すときの値です。refit_every を渡してください。",
            "That holds for a refit every day. Pass refit_every.",
        ),
        (
            (times, before + days - 1),
            "2 つ目は、最後の日までの窓の数です。最後に学習し直したのは、それより前の日です。",
            "The second is the number of windows up to the last day. The last refit was on an earlier day.",
        ),
        (
            (times, before),
            "2 つ目は、最初の学習で使った窓の数です。最後の学習の数を答えてください。",
            "The second is the number of windows of the first training. Answer with that of the last.",
        ),
        (
            (times, last + window),
            "2 つ目は、行の数です。最初の目標までに、窓の長さだけの行が必要です。",
            "The second is a number of rows. A window's length of rows comes before the first target.",
        ),
    ]
    found = (
        "学習の回数は 20 分の 1 ほどで済みます。間の日は、少し古いモデルで予測します。",
        "That is about a twentieth of the trainings; on the days between, the model is a little old.",
    )
    return Expected((times, last), mistakes, found=found if every == 20 else ("", ""))


@STEP.exercise
def against_linear(actual: np.ndarray, lstm: np.ndarray, linear: np.ndarray, previous: np.ndarray) -> Expected:
    """Write: the skill of the LSTM against the linear regression."""
    mistakes = [
        (
            skill(actual, linear, lstm),
            "2 つの予測が入れかわっています。割る数（基準）は、線形回帰の RMSE です。",
            "The two forecasts have changed places. The RMSE to divide by is that of the linear regression.",
        ),
        (
            skill(actual, lstm, previous),
            "これは、前日の終値に対するスキルです。ベースラインを線形回帰に変えてください。",
            "This is the skill against the previous close. Make the linear regression the baseline.",
        ),
        (
            skill(actual, lstm, previous) - skill(actual, linear, previous),
            "スキルどうしの引き算では、線形回帰に対するスキルになりません。RMSE の比から求めます。",
            "A difference of two skills is not a skill against the linear regression. Use the ratio of the two RMSE.",
        ),
        (
            rmse(actual, lstm) / rmse(actual, linear),
            "これは誤差の比です。スキルは、1 からこの比を引いた値です。",
            "This is the ratio of the errors. The skill is 1 minus this ratio.",
        ),
        (
            1 - (rmse(actual, lstm) / rmse(actual, linear)) ** 2,
            "平方根をとる前の、平均二乗誤差の比を使っています。スキルは RMSE の比で求めます。",
            "You use mean squared errors, before the square root. The skill is made from RMSE.",
        ),
    ]
    return Expected(skill(actual, lstm, linear), mistakes, tolerance=1e-5)


@STEP.exercise
def gains() -> Expected:
    """Write: what choosing the best on the validation part gains over the median, there and on the test part."""

    def gained(validation, test, row=None, centre=np.median):
        row = np.argmax(validation) if row is None else row
        return validation[row] - centre(validation), test[row] - centre(test)

    def best_on_each(validation, test):
        return validation.max() - np.median(validation), test.max() - np.median(test)

    def best_on_test(validation, test):
        return gained(validation, test, np.argmax(test))

    def worst(validation, test):
        return gained(validation, test, np.argmin(validation))

    def largest_in_size(validation, test):
        return gained(validation, test, np.argmax(np.abs(validation)))

    def scores(validation, test):
        return validation.max(), test[np.argmax(validation)]

    def over_the_mean(validation, test):
        return gained(validation, test, centre=np.mean)

    mistakes = [
        (
            best_on_each,
            "テスト部分でも、最良のものを選び直しています。検証部分で選んだものを、そのままテスト部分で採点します。",
            "You choose again on the test part. Score there what was chosen on the validation part.",
        ),
        (
            best_on_test,
            "テスト部分で選んでいます。テスト部分は、選ぶのに使いません。",
            "You choose on the test part, which must not be used for choosing.",
        ),
        (
            worst,
            "いちばん悪いものを選んでいます。スキルは大きいほど良い値です。",
            "You choose the worst one. A larger skill is a better one.",
        ),
        (
            largest_in_size,
            "符号を無視して、大きさで選んでいます。負のスキルは、大きさが大きいほど悪い値です。",
            "You choose by size, whatever the sign. A negative skill is the worse, the larger its size.",
        ),
        (
            scores,
            "これは選んだもののスキルです。中央値を引いてください。",
            "These are the skills of the chosen one. Subtract the median.",
        ),
        (
            over_the_mean,
            "平均を引いています。失敗した学習の極端な値に引きずられない、中央値を使います。",
            "You subtract the mean. Use the median, which extreme values of failed training do not pull along.",
        ),
    ]
    random = np.random.default_rng(0)
    inputs = [
        (np.array([0.1, -0.3, 0.2, 0.0]), np.array([0.05, -0.1, 0.02, 0.3])),
        (np.array([-0.2, -0.1, -0.9]), np.array([0.4, 0.1, -0.5])),
        (np.array([-0.1, 0.3, 0.2, -0.25, 0.1]), np.array([0.2, 0.05, 0.1, -0.3, 0.0])),
        (random.normal(0, 0.05, 20), random.normal(0, 0.05, 20)),
    ]
    return Expected(gained, mistakes, inputs)


@STEP.exercise
def choose(strengths: Sequence[float]) -> Expected:
    """Find the bug: the setting is chosen on the part whose score is reported."""

    def scored(values, start, end, strength):
        last, previous = values[start - 1 : end - 1], values[start - 2 : end - 2]
        return skill(values[start:end], last + strength * (last - previous), last)

    def best(values, start, end):
        return max(strengths, key=lambda strength: scored(values, start, end, strength))

    def report(values, validation, test):
        start = len(values) - test
        return scored(values, start, len(values), best(values, start - validation, start))

    def as_given(values, validation, test):
        start = len(values) - test
        return scored(values, start, len(values), best(values, start, len(values)))

    def of_validation(values, validation, test):
        start = len(values) - test
        return scored(values, start - validation, start, best(values, start - validation, start))

    def on_both(values, validation, test):
        start = len(values) - test
        return scored(values, start, len(values), best(values, start - validation, len(values)))

    def on_the_past(values, validation, test):
        start = len(values) - test
        return scored(values, start, len(values), best(values, 2, start))

    mistakes = [
        (
            as_given,
            "まだ、コイン投げの系列で一度も負けません。報告するスキルは、選ぶのに使った日のものではありませんか。",
            "It still never loses on coin tosses. Is the reported skill of days that were used for choosing?",
        ),
        (
            of_validation,
            "検証部分で選び、検証部分のスキルを報告しています。報告するのは、テスト部分のスキルです。",
            "You choose on the validation part and report the skill there. Report the skill on the test part.",
        ),
        (
            on_both,
            "選ぶのに、テスト部分も使っています。検証部分だけで選びます。",
            "The test part is still used for choosing. Choose on the validation part alone.",
        ),
        (
            on_the_past,
            "テスト部分より前のすべての日で選んでいます。検証部分は、その最後の validation 日だけです。",
            "You choose on all days before the test part. The validation part is only the last `validation` of them.",
        ),
    ]
    walks = [np.random.default_rng(seed).normal(size=80).cumsum() for seed in range(4)]
    found = (
        "選ぶのに使わなかった日で採点すれば、コイン投げには勝てないことが分かります。",
        "Scored on days that were not used for choosing, it does not win at coin tosses.",
    )
    lengths = [(20, 20), (30, 15), (12, 25), (20, 20)]
    return Expected(report, mistakes, [(walk, *days) for walk, days in zip(walks, lengths, strict=True)], found)


@STEP.exercise
def remains(spreads: Sequence[float], noise: float) -> Expected:
    """Study: the share of the gain by choosing that remains on the test part.

    For normal worth of variance s² and noise of variance n², the worth expected of a skill is that skill times
    s² / (s² + n²): the regression of the one on the other.
    """
    s = np.asarray(spreads, dtype=float)
    share = s**2 / (s**2 + noise**2)
    largest = 2.5076  # the mean of the largest of 100 standard normal numbers
    gain = largest * np.sqrt(s**2 + noise**2)
    mistakes = [
        (
            tuple(share[::-1]),
            "3 つの値の並びが逆か、失われる割合になっています。spreads の順に、残る割合を答えてください。",
            "The three values are in reverse order, or they are the shares lost. Answer in the order of spreads with what remains.",
        ),
        (
            tuple(s / (s + noise)),
            "spread ÷ (spread + NOISE) になっています。どちらも分散ではなく標準偏差です。その乱数を作って、増えたスキルの比を調べてください。",
            "That is spread / (spread + NOISE). Both are standard deviations, not variances: draw such numbers and look at the ratio of the gains.",
        ),
        (
            tuple(gain),
            "これは、検証部分で増えたスキルです。テスト部分で増えたスキルを、これで割ってください。",
            "This is the gain on the validation part. Divide the gain on the test part by it.",
        ),
        (
            tuple(gain * share),
            "これは、テスト部分で増えたスキルです。検証部分で増えたスキルで割って、割合にしてください。",
            "This is the gain on the test part. Divide it by that on the validation part to get a share.",
        ),
        (
            (1.0, 1.0, 1.0),
            "何も失われていません。検証部分のスキルだけで選び、テスト部分には別の雑音を加えていますか。",
            "By this nothing is lost. Do you choose by the skill on the validation part alone, and has the test part noise of its own?",
        ),
    ]
    found = (
        "実力の差がばらつきより小さいときは、選んで増えたスキルの大部分が残りません。同じくらいなら、半分が残ります。",
        "Where worth differs less than the noise, most of the gain by choosing does not remain. Where they are alike, half of it does.",
    )
    return Expected(tuple(share), mistakes, found=found, tolerance=0.1)
