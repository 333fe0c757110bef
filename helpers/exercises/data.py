"""Step 01: what is asked before its results, and what its exercises expect. More than 200 lines: every mistake has two sentences."""

import numpy as np
import pandas as pd

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "rows": Question(
        "1 年あたり、およそ何行あると思いますか。",
        "About how many rows does a year have?",
        [
            (lambda rows: rows > 300, "約 365 行（毎日）", "about 365: every day"),
            (lambda rows: rows > 200, "約 250 行（取引のある日だけ）", "about 250: trading days only"),
            (lambda rows: rows <= 200, "200 行以下", "200 or fewer"),
        ],
    ),
    "move": Question(
        "始値は、前の日から平均して何 % 動くと思いますか。上がった日も下がった日も、動いた大きさで考えます。",
        "By how many per cent does the open move from one day to the next, on average? Count the size of the move, up or down.",
        [
            (lambda move: move < 0.003, "約 0.1%", "about 0.1%"),
            (lambda move: move < 0.03, "約 1%", "about 1%"),
            (lambda move: move >= 0.03, "5% 以上", "5% or more"),
        ],
    ),
    "slope": Question(
        "割った価格では、tanh の傾きはどのくらいだと思いますか。0 のところの傾きは 1 です。",
        "How large is the slope of tanh at the divided price? At 0 it is 1.",
        [
            (lambda slope: slope > 0.5, "1 に近い（0.5 より大きい）", "close to 1: above 0.5"),
            (lambda slope: slope > 0.05, "0.05 から 0.5", "0.05 to 0.5"),
            (lambda slope: slope <= 0.05, "0 に近い（0.05 以下）", "close to 0: at most 0.05"),
        ],
    ),
}

STEP = Step("01_data_loading", ("データの読み込み", "Data loading"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def wave(co2: pd.DataFrame) -> Expected:
    """Observe: the distance between two peaks of the CO2 concentration, in rows."""
    period = co2.attrs["season"]
    mistakes = [
        (
            period / 2,
            "それは、山から次の谷までの長さです。山から次の山までの行数を数えてください。",
            "That is the way from a peak to the next trough. Count the rows from one peak to the next.",
        ),
        (
            1,
            "それは年の数です。1 行が 1 か月の表なので、行数で答えてください。",
            "That is the number of years. A row is one month here: answer in rows.",
        ),
        (
            period - 1,
            "1 つ足りません。間の行だけを数えたか、系列の終わりで途切れた山を使っています。7 日から 14 日までが 7 日であるように、差を答えてください。",
            "One too few: you count only the rows in between, or you use the last peak, which the end of the series cuts off. "
            "From the 7th to the 14th is 7 days: answer with the difference.",
        ),
        (
            period + 1,
            "両端の山を、どちらも数えています。片方だけを数えてください。",
            "You count the peaks at both ends. Count only one of them.",
        ),
    ]
    found = (
        "日経平均と違い、同じ形が決まった間隔で繰り返されます。",
        "Unlike the Nikkei, the same shape returns at a fixed interval.",
    )
    return Expected(period, mistakes, found=found)


@STEP.exercise
def mean_move(prices: pd.DataFrame, column: str, test: int) -> Expected:
    """Write: the mean absolute move in a day, in the unit of the prices, before the test part."""
    before = prices[column].iloc[:-test]
    moves = before.diff()
    mistakes = [
        (
            moves.mean(),
            "上げと下げが打ち消し合っています。平均の前に、絶対値をとってください。",
            "Ups and downs cancel. Take the absolute value before the mean.",
        ),
        (
            before.pct_change().abs().mean(),
            "それは割合です。価格の単位で答えるには、差をとる diff() を使います。",
            "That is a share. To answer in the unit of the prices, take the difference: diff().",
        ),
        (
            prices[column].diff().abs().mean(),
            "テスト部分の日も入っています。before_test だけで計算してください。",
            "The days of the test part are in it. Use before_test alone.",
        ),
        (
            prices["Close"].iloc[:-test].diff().abs().mean(),
            "終値で計算しています。始値の列 COLUMN を使ってください。",
            "You compute with the closing prices. Use the column of the opening prices, COLUMN.",
        ),
        (
            moves.abs().median(),
            "それは中央値です。ここでは平均を答えます。",
            "That is the median. Here the mean is asked for.",
        ),
        (
            np.sqrt((moves**2).mean()),
            "二乗の平均の平方根になっています。ここでは、絶対値の平均を答えます。",
            "That is the root of the mean square. Here the mean of the absolute values is asked for.",
        ),
        (
            moves.std(),
            "標準偏差になっています。ここでは、絶対値の平均を答えます。",
            "That is the standard deviation. Here the mean of the absolute values is asked for.",
        ),
    ]
    return Expected(moves.abs().mean(), mistakes, tolerance=1e-6)


@STEP.exercise
def slope() -> Expected:
    """Write: the slope of tanh at a divided price."""
    mistakes = [
        (
            lambda price, scale: 1 - np.tanh(price) ** 2,
            "もとの価格のまま計算しています。先に scale で割ってください。",
            "You compute with the raw price. Divide it by scale first.",
        ),
        (
            lambda price, scale: np.tanh(price / scale),
            "それは tanh の値です。傾きは 1 − tanh² です。",
            "That is the value of tanh. Its slope is 1 − tanh².",
        ),
        (
            lambda price, scale: 1 - np.tanh(price / scale),
            "2 乗がありません。傾きは 1 − tanh² です。",
            "The square is missing. The slope is 1 − tanh².",
        ),
        (
            lambda price, scale: (1 - np.tanh(price / scale) ** 2) / scale,
            "もとの価格を 1 だけ動かしたときの変化になっています。割った価格を動かしたときの傾きを答えます。",
            "That is the change when the raw price moves by 1. Answer with the slope for a move of the divided price.",
        ),
        (
            lambda price, scale: 1 - np.tanh(price * scale) ** 2,
            "割るところで掛けています。",
            "You multiply where you should divide.",
        ),
        (
            lambda price, scale: 1 - np.tanh(price / 10000) ** 2,
            "いつも 10000 で割っています。引数の scale で割ってください。",
            "You always divide by 10000. Divide by the argument scale.",
        ),
        (
            lambda price, scale: np.round(1 - np.tanh(price / scale) ** 2, 3),
            "値を丸めています。小さい傾きが正しく返るように、丸めずに返してください。",
            "You round the value. Return it as it is, or small slopes come out wrong.",
        ),
    ]
    inputs = [(0.0, 1.0), (2.0, 4.0), (3.0, 3.0), (27575.57, 10000.0), (-1.0, 2.0), (8.0, 2.0)]
    return Expected(lambda price, scale: 1 - np.tanh(price / scale) ** 2, mistakes, inputs)


@STEP.exercise
def newest_first(prices: pd.DataFrame, column: str) -> Expected:
    """Find the bug: changes computed on a table with its newest row first."""

    def right(table, column):
        return table.sort_index()[column].pct_change().mean()

    mistakes = [
        (
            lambda table, column: table[column].pct_change().mean(),
            "上がった系列なのに、変化の平均がまだ負です。pct_change() は、1 つ上の行からの変化です。1 つ上の行は、どの日でしょうか。",
            "The series rose, and yet the mean change is still negative. pct_change() compares with the row above: which day is that?",
        ),
        (
            lambda table, column: -table[column].pct_change().mean(),
            "符号を変えただけでは足りません。変化の割合は、前の日の価格で割ります。今は、次の日の価格で割っています。",
            "A change of sign is not enough: a change is a share of the price before, and you still divide by the price after.",
        ),
        (
            lambda table, column: table[column].pct_change().abs().mean(),
            "絶対値をとると、上がったか下がったかが分からなくなります。原因は、行の順序です。",
            "With the absolute value, rises and falls look alike. The cause is the order of the rows.",
        ),
        (
            lambda table, column: table.sort_values(column)[column].pct_change().mean(),
            "価格の順に並べています。日付の順に並べてください。",
            "You sort by price. Sort by date.",
        ),
    ]
    days = pd.date_range("2024-01-01", periods=4, name="Date")[::-1]
    rose, fell = (
        pd.DataFrame({column: values}, index=days)
        for values in ([121.0, 110.0, 125.0, 100.0], [100.0, 125.0, 110.0, 121.0])
    )
    found = (
        "日付の順を先に確かめると、こうした誤りを防げます。",
        "Checking the order of the dates first keeps such mistakes away.",
    )
    inputs = [(rose, column), (fell, column), (prices[[column]].iloc[::-1], column)]
    return Expected(right, mistakes, inputs, found, tolerance=1e-6)


@STEP.exercise
def few_days(moves: pd.Series) -> Expected:
    """Study: the share of all movement that the largest tenth of the days makes."""
    sizes = np.sort(moves.dropna().abs().to_numpy())[::-1]
    tenth = len(sizes) // 10
    mistakes = [
        (
            sizes[-tenth:].sum() / sizes.sum(),
            "動きの小さい 10% の日を選んでいます。大きい順に並べてください。",
            "You take the tenth of the days with the smallest moves. Sort them from the largest.",
        ),
        (
            sizes[:10].sum() / sizes.sum(),
            "上位 10 日を選んでいます。上位 10% の日は、もっと多くあります。",
            "You take ten days. A tenth of the days are more than that.",
        ),
        (
            (sizes[:tenth] ** 2).sum() / (sizes**2).sum(),
            "動きの 2 乗の割合になっています。絶対値のまま合計してください。",
            "That is the share of the squared moves. Add up the absolute values themselves.",
        ),
        (
            sizes[:tenth].mean() / sizes.mean(),
            "平均どうしの比になっています。合計どうしの比を答えます。",
            "That is the ratio of the means. Answer with the ratio of the sums.",
        ),
        (
            sizes[0] / sizes.sum(),
            "最も大きい 1 日だけの割合です。上位 10% の日の動きを合計してください。",
            "That is the share of the single largest day. Add up the moves of a tenth of the days.",
        ),
    ]
    found = (
        "すべての日が同じ大きさで動くなら、0.1 になるはずです。実際の動きは、少数の日に集まっています。",
        "If every day moved alike, it would be 0.1. In fact the movement is concentrated in a few days.",
    )
    return Expected(sizes[:tenth].sum() / sizes.sum(), mistakes, found=found, tolerance=2e-3)
