"""Step 08: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor

from helpers.data import generate
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.uncertainty import adaptive_margins, margin
from helpers.uncertainty import interval_score as scored
from helpers.windows import make_windows, split_last

QUESTIONS = {
    "paths": Question(
        "14 日間ずっと 80% 区間の中にいる推移は、何割くらいだと思いますか。",
        "What share of the paths do you expect to stay inside the 80% interval on all 14 days?",
        [
            (lambda share: share > 0.7, "約 8 割（7 割より多い）", "about 80%: more than 70%"),
            (lambda share: share > 0.5, "5 割から 7 割", "50% to 70%"),
            (lambda share: share > 0.2, "2 割から 5 割", "20% to 50%"),
            (lambda share: share <= 0.2, "2 割以下", "20% or less"),
        ],
    ),
    "crps": Question(
        "テスト部分で CRPS が最も小さいのは、どれだと思いますか。",
        "Which will have the smallest CRPS on the test part?",
        [
            ("empirical", "経験分位点", "empirical quantiles"),
            ("linear quantiles", "線形分位点回帰", "linear quantile regression"),
            ("LSTM", "LSTM", "the LSTM"),
        ],
    ),
    "volatile": Question(
        "荒れた日に、分割コンフォーマル予測の被覆率はどうなると思いますか。目標は 80% です。",
        "What will the coverage of split conformal prediction be on volatile days? The aim is 80%.",
        [
            (lambda coverage: coverage < 0.75, "75% より低い", "below 75%"),
            (lambda coverage: coverage <= 0.85, "75% から 85%", "75% to 85%"),
            (lambda coverage: coverage > 0.85, "85% より高い", "above 85%"),
        ],
    ),
}

STEP = Step("08_uncertainty", ("不確かさ", "Uncertainty"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def adaptive(calibration: np.ndarray, scores: np.ndarray, gamma: float) -> Expected:
    """Observe: the coverage of a fixed and of an adaptive margin on the last 200 days, which are three times as volatile."""

    if (len(calibration), len(scores)) != (100, 300):
        raise ValueError("calibration, scores")

    def coverages(share: Callable[[np.ndarray], float]) -> tuple[float, float]:
        both = (adaptive_margins(calibration, scores, 0.8, speed) for speed in (0, gamma))
        fixed, adapting = (share(scores <= margins) for margins in both)
        return fixed, adapting

    def last(inside: np.ndarray) -> float:
        return inside[-200:].mean()

    right = coverages(last)
    mistakes = [
        (
            coverages(np.mean),
            "300 日すべての被覆率です。荒れている最後の 200 日だけで求めてください。",
            "That is the coverage of all 300 days. Find it on the last 200 days alone, the volatile ones.",
        ),
        (
            tuple(1 - coverage for coverage in right),
            "これは、外れた割合です。被覆率は、区間に入った割合です。",
            "This is the share outside. The coverage is the share inside.",
        ),
        (
            right[::-1],
            "2 つの値が入れかわっています。先に、余白を変えない（`gamma` が 0 の）方を答えます。",
            "The two values have changed places: the fixed margin, with `gamma` 0, comes first.",
        ),
        (
            coverages(lambda inside: inside[:100].mean()),
            "最初の 100 日の被覆率です。値が 3 倍になるのは、そのあとです。",
            "That is the coverage of the first 100 days. It is after them that the values are three times as large.",
        ),
        (
            tuple(200 * coverage for coverage in right),
            "これは日数です。200 日に対する割合で答えてください。",
            "These are numbers of days. Answer with the share of the 200 days.",
        ),
    ]
    found = (
        "余白を変えなければ、被覆率は目標の 80% を大きく下回ったままです。適応する余白は、目標の近くに戻ります。",
        "With a fixed margin the coverage stays far below the 80% aimed at. The adaptive margin comes back close to it.",
    )
    return Expected(right, mistakes, found=found, tolerance=5e-3)


@STEP.exercise
def windows_needed() -> Expected:
    """Write: how many windows the calibration part needs for a finite margin, `step` days ahead."""

    def scores(confidence: float) -> int:
        return int(np.ceil(round(confidence / (1 - confidence), 9)))  # the smallest m with ceil((m + 1) q) <= m

    mistakes = [
        (
            lambda confidence, step: scores(confidence),
            "独立なスコアの数です。窓は重なるので、`step` 日先では何個の窓が独立な 1 個分になるかを考えます。",
            "That is the number of independent scores. Windows overlap: how many of them are worth one, `step` days ahead?",
        ),
        (
            lambda confidence, step: round(1 / (1 - confidence)) * step,
            "これから来る 1 個も数えています。必要なのは、手元のスコアの数 m です。",
            "You count the one still to come as well. What is asked for is m, the scores at hand.",
        ),
        (
            lambda confidence, step: int(np.ceil(confidence / (1 - confidence))) * step,
            "割り切れるはずの `confidence` で、m が 1 つ多くなっています。`0.9 / (1 - 0.9)` を表示してみてください。",
            "Where m should come out even it is one too large. Print `0.9 / (1 - 0.9)`.",
        ),
        (
            lambda confidence, step: step,
            "m q の切り上げは、いつでも m 以下です。これから来る 1 個を加えた (m + 1) q で考えてください。",
            "m q, rounded up, is at most m for any m. Use (m + 1) q, which counts the score still to come.",
        ),
        (
            lambda confidence, step: -(-scores(confidence) // step),
            "先の日ほど、窓は少なくて済むことになります。重なる分だけ、多くの窓が必要です。",
            "That needs fewer windows the farther ahead. The more they overlap, the more windows are needed.",
        ),
        (
            lambda confidence, step: scores(confidence) + step - 1,
            "1 つの窓に要る日数を足しています。`step` 個の窓が、独立な 1 個分です。",
            "You add the days of one window. It takes `step` windows to be worth one.",
        ),
    ]
    inputs = [(0.75, 1), (0.75, 21), (0.95, 14), (0.6, 5), (0.5, 10), (0.8, 1), (0.9, 21), (0.99, 3)]
    found = (
        "95% 区間を 14 日先に作るには、校正部分に 266 個の窓が要ります。1 年分より多い数です。",
        "A 95% interval 14 days ahead needs 266 windows in the calibration part: more than a year of trading days.",
    )
    return Expected(lambda confidence, step: scores(confidence) * step, mistakes, inputs, found)


@STEP.exercise
def interval_score() -> Expected:
    """Write: the interval score of n intervals, at any confidence."""

    def outside(actual, low, high):
        return np.maximum(np.maximum(low - actual, actual - high), 0)

    mistakes = [
        (
            lambda actual, low, high, confidence: high - low + 10 * outside(actual, low, high),
            "10 倍は、80% 区間のときの値です。ほかの `confidence` では変わります。",
            "Ten times is right for an 80% interval. For another `confidence` it is another number.",
        ),
        (
            lambda actual, low, high, confidence: high - low + outside(actual, low, high) / (1 - confidence),
            "外れた距離に掛ける数が、半分です。外れてよい割合は、上と下に半分ずつあります。",
            "The distance outside is multiplied by half of what it should be: the share that may lie outside is split between both ends.",
        ),
        (
            lambda actual, low, high, confidence: 2 / (1 - confidence) * outside(actual, low, high),
            "区間の幅を足していません。これでは、広い区間ほど良いことになります。",
            "The width of the interval is missing: the widest interval would always be best.",
        ),
        (
            lambda actual, low, high, confidence: high - low + 2 / (1 - confidence) * np.maximum(low - actual, actual - high),
            "中に入った日に、点を引いています。外れた距離は、中では 0 です。",
            "Days inside get a discount. Inside, the distance outside is 0.",
        ),
        (
            lambda actual, low, high, confidence: scored(actual, low, high, confidence).mean(),
            "平均すると 1 つの数になります。1 日に 1 つずつ、n 個の値を返してください。",
            "The mean is a single number. Return n values, one a day.",
        ),
        (
            lambda actual, low, high, confidence: high - low + 2 / (1 - confidence) * (outside(actual, low, high) > 0),
            "外れたかどうかだけを数えています。外れた**距離**に掛けます。",
            "You only count whether a value lies outside. It is the **distance** that is multiplied.",
        ),
    ]  # fmt: skip
    actual, low, high = np.array([3.0, 9.0, -1.0]), np.array([1.0, 2.0, 1.0]), np.array([4.0, 6.0, 4.0])
    random = np.random.default_rng(0)
    many = random.normal(size=30)
    inputs = [(actual, low, high, 0.8), (actual, low, high, 0.5)]
    inputs += [(many, many * 0 - 1, many * 0 + 1.5, confidence) for confidence in (0.9, 0.85)]
    return Expected(scored, mistakes, inputs)


@STEP.exercise
def too_narrow() -> Expected:
    """Find the bug: the margin comes from residuals of the training part."""

    def interval(parts: str, fitted: str = "train", size: Callable = np.abs, confidence: float = 0.8) -> Callable:
        def margin_and_coverage(series):
            x, t = make_windows(series, 5)
            x, x_test, t, t_test = split_last(x, t, 200)
            x_train, x_calibration, t_train, t_calibration = split_last(x, t, 300)
            windows = {"train": x_train, "calibration": x_calibration, "test": x_test, "both": x}
            targets = {"train": t_train, "calibration": t_calibration, "test": t_test, "both": t}
            model = KNeighborsRegressor(3).fit(windows[fitted][:, :, 0], targets[fitted][:, 0])

            def residuals(part: str) -> np.ndarray:
                return targets[part][:, 0].numpy() - model.predict(windows[part][:, :, 0])

            around = margin(size(residuals(parts)), confidence)
            return around, np.mean(np.abs(residuals("test")) <= around)

        return margin_and_coverage

    mistakes = [
        (
            interval("train"),
            "まだ、80% 区間に 80% よりずっと少ない日しか入りません。スコアは、モデルがまだ見ていない日のものですか。",
            "Far fewer than 80% of the days still lie in the 80% interval. Are the scores of days that the model has not seen?",
        ),
        (
            interval("train", confidence=0.9),
            "割合を上げて余白を広げても、原因は残ります。スコアは、モデルがまだ見ていない日のものですか。",
            "A higher confidence widens the margin, but the cause is still there. Are the scores of days that the model has not seen?",
        ),
        (
            interval("test"),
            "テスト部分のスコアで余白を決めています。予測する時点では、まだ分かりません。",
            "The margin comes from the scores of the test part, which are not known yet when the forecast is made.",
        ),
        (
            interval("calibration", "both"),
            "校正部分を学習にも使っています。学習した日の残差は、小さくなります。",
            "The calibration part is trained on too. Residuals on days that were trained on come out small.",
        ),
        (
            interval("both"),
            "学習部分のスコアが混じっています。校正部分だけで、余白を決めてください。",
            "Scores of the training part are among them. The calibration part alone decides the margin.",
        ),
        (
            interval("calibration", size=lambda residuals: residuals),
            "スコアの絶対値がとれていません。負の残差も、同じだけ外れています。",
            "The scores lack their absolute value: a negative residual is just as far off.",
        ),
    ]
    found = (
        "学習した日の残差は、モデルがその日の答えを見ているので小さくなります。校正部分を取り分けるのは、このためです。",
        "On days that were trained on, residuals are small because the model has seen the answers. This is what the calibration part is for.",
    )
    inputs = [(generate("ar1", 800, seed)["Close"],) for seed in (1, 2)]
    return Expected(interval("calibration"), mistakes, inputs, found)


@STEP.exercise
def unrest(sizes: pd.Series, calibration: int) -> Expected:
    """Study: a function for the coverage of one fixed margin on calm and on volatile days, told apart by the 20 days before.

    On the Nikkei several mistakes change the two numbers by less than a hundredth; on short series they change more.
    """

    def days_before(sizes: pd.Series, days: int = 20, shift: int = 1) -> pd.Series:
        return sizes.rolling(days).mean().shift(shift)

    def split(sizes, calibration, around, recent=days_before, of=lambda before: before > before.median()):
        days = sizes[calibration:]
        volatile, inside = of(recent(sizes)[calibration:]), days <= around
        return inside[~volatile].mean(), inside[volatile].mean()

    def by(**how: Callable) -> Callable:
        return lambda sizes, calibration, around: split(sizes, calibration, around, **how)

    def margin_of_all(sizes, calibration, around):
        return split(sizes, calibration, margin(sizes, 0.8))

    def median_of_all(sizes, calibration, around):
        middle = days_before(sizes).median()
        return split(sizes, calibration, around, of=lambda before: before > middle)

    def afresh(sizes, calibration, around):
        return split(
            sizes, calibration, around, recent=lambda sizes: days_before(sizes[calibration:]).reindex(sizes.index)
        )

    def outside(sizes, calibration, around):
        return tuple(1 - coverage for coverage in split(sizes, calibration, around))

    mistakes = [
        (
            lambda *arguments: split(*arguments)[::-1],
            "2 つの値が入れかわっています。先に、穏やかな日の被覆率を返します。",
            "The two values have changed places: the coverage of calm days comes first.",
        ),
        (
            by(recent=lambda sizes: days_before(sizes, shift=0)),
            "平均に、その日自身の値動きが入っています。1 日ずらして、前の日までの 20 日にしてください。",
            "The mean includes the move of the day itself. Shift it by a day, to the 20 days up to the day before.",
        ),
        (
            by(recent=lambda sizes: sizes),
            "その日の値動きの大きさで分けています。予測する時点では、まだ分かりません。",
            "You split by the size of the day's own move, which is not known yet when the forecast is made.",
        ),
        (
            by(recent=lambda sizes: days_before(sizes, 19)),
            "平均する日数が 1 日違うようです。前の日までの 20 日を平均してください。",
            "The number of days seems to be off by one. Average the 20 up to the day before.",
        ),
        (
            afresh,
            "残りの日だけで平均を計算しているので、はじめの 20 日に平均がありません。平均してから `[calibration:]` を選びます。",
            "You compute the mean over the other days alone, so the first 20 of them have none. Average first, then choose `[calibration:]`.",
        ),
        (
            by(of=lambda before: before >= before.median()),
            "中央値にちょうど等しい日を、荒れた日にしています。荒れた日は、中央値より大きい日です。",
            "You call a day that exactly equals the median volatile. Volatile days are those above it.",
        ),
        (
            by(of=lambda before: before > before.mean()),
            "平均を境目にしています。境目は中央値です。",
            "You split at the mean. Split at the median.",
        ),
        (
            margin_of_all,
            "余白を、すべての日から決めています。渡された `around` を使ってください。",
            "You take the margin from all days. Use the `around` that is passed.",
        ),
        (
            median_of_all,
            "中央値に、最初の `calibration` 日も入っています。残りの日だけで求めてください。",
            "The first `calibration` days are in the median too. Find it over the other days alone.",
        ),
        (
            outside,
            "これは、外れた割合です。被覆率は、区間に入った割合です。",
            "This is the share outside. The coverage is the share inside.",
        ),
    ]
    found = (
        "余白が同じなら、荒れた日ほど外れます。保証されるのは、すべての日の平均です。",
        "With one margin for all, more volatile days fall outside. What is guaranteed is the average of all days.",
    )
    random = np.random.default_rng(1)
    inputs = [(sizes, calibration, margin(sizes[:calibration], 0.8))]
    for length, first in ((75, 30), (90, 25)):  # an odd number of days is left: one of them is the median
        short = pd.Series(random.exponential(np.linspace(1, 2, length)))
        inputs.append((short, first, margin(short[:first], 0.8)))
    right = split(*inputs[0])
    return Expected(split, mistakes, inputs, found if right[0] > right[1] else ("", ""))
