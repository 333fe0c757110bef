"""Step 00: what is asked before its results, and what its exercises expect."""

import pandas as pd

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "share": Question(
        "右の 100 行は、系列全体のどのくらいだと思いますか。",
        "How much of the whole series are the 100 rows on the right?",
        [
            (lambda share: share < 0.05, "5% より少ない", "less than 5%"),
            (lambda share: share < 0.2, "5% から 20%", "5% to 20%"),
            (lambda share: share >= 0.2, "20% 以上", "20% or more"),
        ],
    )
}

STEP = Step("00_start_here", ("はじめに", "Start here"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def rows(table: pd.DataFrame, prices: pd.DataFrame) -> Expected:
    """Observe: the number of rows of another series."""
    mistakes = [
        (
            table.shape[1],
            "それは列の数です。1 行が 1 か月なので、行の数を答えてください。",
            "That is the number of columns. One row is one month: answer with the number of rows.",
        ),
        (
            len(table) - 1,
            "1 つ足りません。行は 0 から数えるので、最後の行の番号は行の数より 1 小さくなります。",
            "One too few. Rows are counted from 0, so the number of the last row is one less than their count.",
        ),
        (
            len(prices),
            "それは、はじめのセルで読み込んだ prices の行の数です。新しく読み込んだ表を数えてください。",
            "Those are the rows of prices from the first cell. Count those of the table that you have just loaded.",
        ),
    ]
    return Expected(len(table), mistakes)


@STEP.exercise
def doubled() -> Expected:
    """Write: a list made with for, without the last item."""
    mistakes = [
        (
            lambda numbers: [2 * n for n in numbers],
            "最後の 1 つも入っています。[:-1] は、最後の 1 つを除いたリストです。",
            "The last item is still there. [:-1] is the list without its last item.",
        ),
        (
            lambda numbers: [2 * n for n in numbers[1:]],
            "最後ではなく、最初の 1 つが除かれています。",
            "The first item is left out, not the last.",
        ),
        (
            lambda numbers: numbers[:-1],
            "最後の 1 つは除けましたが、値が 2 倍になっていません。",
            "The last item is left out, but the values are not doubled.",
        ),
        (
            lambda numbers: 2 * numbers[:-1],
            "2 * リスト は、値を 2 倍にせず、リストを 2 回つなげます。値を 1 つずつ 2 倍にしてください。",
            "2 * list does not double the values: it puts the list behind itself. Double the values one by one.",
        ),
        (
            lambda numbers: [2 * numbers[0]],
            "最初の 1 つだけが返っています。return が for の中にあると、1 回めで関数が終わります。",
            "Only the first one comes back. A return inside the for ends the function in its first round.",
        ),
    ]
    inputs = [([1, 2, 3, 4],), ([10, 5],), ([3, 0, -1, 7, 7],), ([7, 3, 3, 5, 7],), ([0.25, 1.3, 2.0],)]
    return Expected(lambda numbers: [2 * n for n in numbers[:-1]], mistakes, inputs)


@STEP.exercise
def per_cent() -> Expected:
    """Find the bug: a change in per cent whose terms have changed places."""
    mistakes = [
        (
            lambda before, after: (before - after) / after * 100,
            "100 円が 110 円になった変化が、まだ 10% になりません。符号と、割る数の両方を確かめてください。",
            "A move from 100 to 110 yen is still not 10%. Look at the sign and at the number to divide by.",
        ),
        (
            lambda before, after: (after - before) / after * 100,
            "符号は直りましたが、割る数が「あと」の価格です。変化は、もとの価格に対する割合です。",
            "The sign is right now, but you divide by the later price. A change is a share of the price it started from.",
        ),
        (
            lambda before, after: (before - after) / before * 100,
            "割る数は直りましたが、符号が逆です。上がったときに正になるようにしてください。",
            "The number to divide by is right now, but the sign is not: a rise should be positive.",
        ),
        (
            lambda before, after: (after - before) / before,
            "比になっています。この関数は % で答えるので、100 を掛けてください。",
            "That is a ratio. This function answers in per cent: multiply by 100.",
        ),
    ]
    inputs = [(100, 110), (200, 150), (50, 50), (8.0, 2.0), (3, 4), (7, 5)]
    return Expected(lambda before, after: (after - before) / before * 100, mistakes, inputs)
