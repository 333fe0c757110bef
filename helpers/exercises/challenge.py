"""Step 14: what is asked before its results, and what its exercises expect."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from helpers.challenge import HORIZON
from helpers.challenge.grading import Report
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "first": Question(
        "移動平均から窓を切り出す 1 つ目の例を、成績表はどう判定すると思いますか。",
        "What do you expect the report card to say about the first example, with windows cut from a moving average?",
        [
            ("leak", "リークがある", "there is a leak"),
            ("won", "どのベースラインよりも良い", "better than every baseline"),
            (
                lambda verdict: verdict in ("equal", "lost"),
                "ベースラインに勝ったとは言えない",
                "no win over the baselines",
            ),
        ],
    ),
    "second": Question(
        "誤りを直した 2 つ目の例は、最良のベースラインに勝つと思いますか。",
        "Do you expect the second example, without the mistake, to beat the best baseline?",
        [
            ("won", "勝つ", "it wins"),
            ("equal", "勝ちとも負けとも言えない", "neither a win nor a defeat"),
            ("lost", "負ける", "it loses"),
        ],
    ),
    "numbers": Question(
        "同じ関数は、6 つの番号のうちいくつで、どのベースラインにも勝つと思いますか。",
        "On how many of the six numbers do you expect the same function to beat every baseline?",
        [
            (lambda won: won < 2, "0 か 1", "none or one"),
            (lambda won: won < 5, "2 から 4", "two to four"),
            (lambda won: won >= 5, "5 か 6", "five or six"),
        ],
    ),
}

STEP = Step("14_challenge", ("課題", "Challenge"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def card(report: Report) -> Expected:
    """Observe: the baseline to beat, and how many times the smallest possible error the error is."""
    errors, others = report.errors["RMSE"], report.errors["RMSE"].drop("best possible")
    mistakes = [
        (
            (others.idxmax(), report.rmse / report.best),
            "1 つ目は、誤差がいちばん大きいベースラインです。比べるのは、いちばん小さいものです。",
            "The first is the baseline with the largest error. The one to beat has the smallest.",
        ),
        (
            ("best possible", report.rmse / report.best),
            "1 つ目は、式を知っているときの予測です。ベースラインではありません。",
            "The first is the forecast of someone who knows the formula. It is no baseline.",
        ),
        (
            (report.baseline, report.rmse / errors[report.baseline]),
            "2 つ目で、ベースラインの誤差で割っています。可能な最小の誤差で割ります。",
            "The second is divided by the error of the baseline. Divide by the smallest possible error.",
        ),
        (
            (report.baseline, report.best / report.rmse),
            "2 つ目の比が逆さまです。1 より小さくなるのは、偶然か、未来を使ったときだけです。",
            "The second ratio is upside down. It is below 1 only by chance, or when the future is used.",
        ),
        (
            (report.baseline, report.rmse),
            "2 つ目は、自分の誤差そのものです。可能な最小の誤差で割ります。",
            "The second is your error itself. Divide it by the smallest possible one.",
        ),
    ]
    return Expected((report.baseline, report.rmse / report.best), mistakes, tolerance=0.005)


@STEP.exercise
def smoothed(table: pd.DataFrame, origins: np.ndarray) -> Expected:
    """Find the bug: a moving average that takes in rows after the origin."""

    def repeated(values: pd.Series | np.ndarray, origins: np.ndarray) -> np.ndarray:
        return np.repeat(np.asarray(values)[origins][:, None], HORIZON, axis=1)

    def mean(table: pd.DataFrame, **how: bool) -> pd.Series:
        return table["value"].ffill().rolling(5, min_periods=1, **how).mean()

    def up_to_the_origin(table, origins):
        return repeated(mean(table), origins)

    def as_given(table, origins):
        return repeated(mean(table, center=True), origins)

    def without_it(table, origins):
        return repeated(table["value"].ffill(), origins)

    def a_row_older(table, origins):
        return repeated(mean(table).shift(1), origins)

    def whole_past(table, origins):
        return repeated(table["value"].ffill().expanding().mean(), origins)

    mistakes = [
        (
            as_given,
            "まだ、起点より後の値が予測を動かします。移動平均は、どの行からどの行までの平均ですか。",
            "Values after the origin still move the forecast. From which row to which does the average run?",
        ),
        (
            without_it,
            "リークは消えましたが、移動平均も消えました。5 行の平均を残したまま直します。",
            "The leak is gone, but so is the average. Mend it and keep the mean of 5 rows.",
        ),
        (
            a_row_older,
            "リークはありませんが、起点の行が平均に入っていません。起点の値は、もう知っています。",
            "Nothing leaks, but the average leaves out the row of the origin, whose value is known.",
        ),
        (
            whole_past,
            "これは、過去すべての平均です。最後の 5 行だけを平均します。",
            "This is the mean of the whole past. Average the last 5 rows only.",
        ),
    ]
    found = (
        "成績表は、起点より後の値を変えて予測が動くかを見て、この誤りを言い当てます。",
        "The card finds this mistake by changing values after the origin and watching whether the forecast moves.",
    )
    other = table.assign(value=table["value"].to_numpy()[::-1])
    return Expected(up_to_the_origin, mistakes, [(table, origins[:3]), (table, origins), (other, origins[:5])], found)


@STEP.exercise
def worth(reports: Sequence[Report]) -> Expected:
    """Study: what there is to win with each number."""

    def each(value: Callable[[Report], float]) -> tuple[float, ...]:
        return tuple(float(value(report)) for report in reports)

    def error(report: Report, name: str) -> float:
        return report.errors.loc[name, "RMSE"]

    mistakes = [
        (
            each(lambda report: 1 - report.rmse / error(report, report.baseline)),
            "これは、提出した関数のスキルです。可能な最良の予測で計算します。",
            "This is the skill of the function handed in. Compute it for the best possible forecast.",
        ),
        (
            each(lambda report: report.best / error(report, report.baseline)),
            "これは誤差の比です。1 からこの比を引いてください。",
            "This is the ratio of the errors. Subtract it from 1.",
        ),
        (
            each(lambda report: error(report, report.baseline) / report.best - 1),
            "割る数が逆です。ベースラインの誤差で割ります。",
            "You divide by the wrong one. Divide by the error of the baseline.",
        ),
        (
            each(lambda report: 1 - report.best / error(report, "mean")),
            "どの番号でも平均をベースラインにしています。番号ごとに、誤差がいちばん小さいベースラインを使います。",
            "You take the mean as the baseline for every number. Take the one with the smallest error for each.",
        ),
        (
            each(lambda report: 1 - report.best / report.rmse),
            "提出した関数の誤差で割っています。最良のベースラインの誤差で割ります。",
            "You divide by the error of the function handed in. Divide by that of the best baseline.",
        ),
    ]
    mistakes.append(
        (
            each(lambda report: max(0.0, report.worth)),
            "0 になっている値があります。負の値も 0 にせず、計算したままの値を答えてください。",
            "One of the values is 0. Answer with what you compute, a negative value as it is.",
        )
    )
    found = (
        "勝てる余地は、提出した関数によらず、系列とベースラインだけで決まります。ほとんど 0 なら、ベースラインを提出するのが正しい答えです。",
        "What there is to win depends on the series and the baselines, not on the function handed in. Where it is about 0, the baseline is the right thing to hand in.",
    )
    return Expected(each(lambda report: report.worth), mistakes, found=found, tolerance=1e-3)
