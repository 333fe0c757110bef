"""Step 07: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from sklearn.neighbors import KNeighborsRegressor
from torch import Tensor

from helpers.baselines import naive_forecast
from helpers.data import generate
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.horizons import recursive
from helpers.validation import rmse, skill
from helpers.windows import make_windows, purge, split_last

QUESTIONS = {
    "copying": Question(
        "44 個の値全体の R2 は、先の 14 日だけの R2 と比べてどうなると思いますか。",
        "How will R2 on all 44 targets compare with R2 on the 14 days ahead alone?",
        [
            (lambda difference: difference > 0.01, "全体のほうが高い", "higher on all 44"),
            (lambda difference: difference >= -0.01, "ほとんど同じ", "about the same"),
            (lambda difference: difference < -0.01, "全体のほうが低い", "lower on all 44"),
        ],
    ),
    "target": Question(
        "水準と変化では、どちらを目標にしたときのスキルが高いと思いますか。",
        "Which target will give the higher skill, level or change?",
        [
            (lambda gain: gain < -0.05, "水準", "level"),
            (lambda gain: gain <= 0.05, "ほとんど同じ", "about the same"),
            (lambda gain: gain <= 0.5, "変化（差は 0.5 まで）", "change, by up to 0.5"),
            (lambda gain: gain > 0.5, "変化（差は 0.5 より大きい）", "change, by more than 0.5"),
        ],
    ),
    "test": Question(
        "テスト部分で、選んだ「直接」はナイーブ予測に勝つと思いますか。ブートストラップの区間で判断します。",
        "On the test part, will “direct”, our choice, beat the naive forecast? The bootstrap interval decides.",
        [
            (lambda ends: ends[0] > 0, "勝つ（区間が 0 より上）", "it wins: the interval is above 0"),
            (lambda ends: ends[1] < 0, "負ける（区間が 0 より下）", "it loses: the interval is below 0"),
            (
                lambda ends: ends[0] <= 0 <= ends[1],
                "どちらとも言えない（区間が 0 を含む）",
                "neither: the interval contains 0",
            ),
        ],
    ),
}

STEP = Step("07_many_steps", ("何期も先を予測する", "Many steps"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def growth(walk: pd.Series, ar1: pd.Series) -> Expected:
    """Observe: how many times the naive error nine steps ahead is that of one step, on a random walk and on AR(1)."""

    def times(number: Callable[[pd.Series], float]) -> tuple[float, float]:
        return number(walk), number(ar1)

    mistakes = [
        (
            times(lambda errors: errors[9]),
            "これは、9 期先の RMSE そのものです。1 期先の RMSE の何倍かを答えてください。",
            "These are the RMSE nine steps ahead themselves. Answer with how many times the RMSE of one step they are.",
        ),
        (
            times(lambda errors: (errors[9] / errors[1]) ** 2),
            "平均二乗誤差（分散）の比です。RMSE の比を答えてください。",
            "These are ratios of the mean squared errors. Answer with ratios of the RMSE.",
        ),
        (
            times(lambda errors: errors[10] / errors[1]),
            "10 期先を読んでいます。左の列（step）が 9 の行を読んでください。",
            "You read ten steps ahead. Read the row whose left column (step) is 9.",
        ),
        (
            (3, 3),
            "それは、法則どおりの値です。それぞれの系列で、実際の比を計算してください。",
            "That is what the law says. Compute the ratio that each series really shows.",
        ),
        (
            times(lambda errors: errors[1] / errors[9]),
            "比が逆さまです。9 期先の RMSE を、1 期先の RMSE で割ります。",
            "The ratio is upside down. Divide the RMSE nine steps ahead by that of one step.",
        ),
        (
            times(lambda errors: errors[9] / errors[1])[::-1],
            "2 つの系列が入れかわっています。先にランダムウォークを答えます。",
            "The two series have changed places: the random walk comes first.",
        ),
    ]
    found = (
        "ランダムウォークでは √9 = 3 倍に近く、平均に引き戻される AR(1) では、先へ行っても誤差があまり増えません。",
        "On the random walk it is near √9 = 3. On AR(1), which is pulled back to its mean, the error hardly grows with the distance.",
    )
    return Expected(times(lambda errors: errors[9] / errors[1]), mistakes, found=found, tolerance=5e-3)


@STEP.exercise
def dropped() -> Expected:
    """Write: the number of windows to drop at a border."""
    mistakes = [
        (
            lambda horizon, stride: horizon // stride,
            "1 日ずれています。境目を越えるのは、ホライズンの 2 日目からです。",
            "That is off by one: it is from its second day on that a horizon can reach over the border.",
        ),
        (
            lambda horizon, stride: horizon - 1,
            "ずらし幅を使っていません。窓の始まりは `stride` 日ごとです。",
            "The stride is not used. Windows start only every `stride` days.",
        ),
        (
            lambda horizon, stride: (horizon - 1) * stride,
            "ずらし幅が大きいほど、境目にかかる窓は少なくなります。掛けると、反対に増えます。",
            "The larger the stride, the fewer windows reach over the border. Multiplying makes them more.",
        ),
        (
            lambda horizon, stride: -(-(horizon - 1) // stride),
            "切り上げています。境目を越えない窓まで捨てることになります。",
            "That is rounded up, and drops a window that does not reach over the border.",
        ),
        (
            lambda horizon, stride: (horizon - 1) / stride,
            "個数が整数になりません。境目を越える窓だけを数えます。",
            "That is no whole number. Count only the windows that reach over the border.",
        ),
        (
            lambda horizon, stride: (stride - 1) // horizon,
            "ホライズンとずらし幅が入れかわっています。",
            "Horizon and stride have changed places.",
        ),
    ]
    inputs = [(14, 5), (14, 1), (15, 5), (12, 4), (1, 3), (5, 14)]

    def right(horizon: int, stride: int) -> int:
        rows = torch.zeros(100, 1)
        return len(rows) - len(purge(rows, rows, horizon, stride)[0])

    found = (
        "ずらし幅がホライズン以上なら、捨てる窓はありません。",
        "With a stride of the horizon or more, none has to be dropped.",
    )
    return Expected(right, mistakes, inputs, found)


@STEP.exercise
def closed_loop() -> Expected:
    """Write: a closed loop of a model that forecasts changes."""

    def loop(step: Callable, move: Callable) -> Callable:
        def path(change, x, horizon):
            path, first = [], x[:, -1]
            for _ in range(horizon):
                path.append(step(change, x, first))
                x = move(x, path[-1][:, :, None])
            return torch.cat(path, dim=1)

        return path

    def added(change, x, first):
        return x[:, -1] + change(x)

    def slid(x, y):
        return torch.cat([x[:, 1:], y], dim=1)

    def right(change, x, horizon):
        return recursive(lambda x: x[:, -1] + change(x), x, horizon)

    def late(change, x, horizon):
        return torch.cat([x[:, -1], right(change, x, horizon)[:, :-1]], dim=1)

    mistakes = [
        (
            loop(lambda change, x, first: change(x), slid),
            "窓に入れているのも答えているのも、変化です。窓の最後の価格に足して、価格にします。",
            "What goes into the window, and what you return, is a change. Add it to the last price of the window.",
        ),
        (
            loop(added, lambda x, y: x),
            "窓が動いていないので、毎回同じ予測になります。予測を窓の右端に加えてください。",
            "The window does not move, so every forecast is the same. Put the forecast at the right end of the window.",
        ),
        (
            late,
            "推移が 1 日遅れています。最初の値は、最後に分かっている価格ではなく、1 日先の予測です。",
            "The path is one day late. Its first value is the forecast for the next day, not the last known price.",
        ),
        (
            loop(added, lambda x, y: torch.cat([x, y], dim=1)),
            "窓が 1 日ずつ長くなっています。右端に加えたら、左端を捨てます。",
            "The window grows by a day each time. Drop its left end when you add at the right.",
        ),
        (
            loop(added, lambda x, y: torch.cat([y, x[:, :-1]], dim=1)),
            "予測を窓の左端に入れています。窓は古い順なので、新しい値は右端です。",
            "The forecast goes in at the left end. Windows are oldest first: the new value belongs at the right.",
        ),
        (
            loop(lambda change, x, first: first + change(x), slid),
            "いつも最初の窓の価格に足しています。変化は、直前の予測に足していきます。",
            "You always add to the price of the first window. Each change goes on top of the forecast before it.",
        ),
    ]  # fmt: skip

    def half_of_the_last_change(x: Tensor) -> Tensor:
        return (x[:, -1] - x[:, -2]) / 2

    def third_of_the_way_to_the_mean(x: Tensor) -> Tensor:
        return (x.mean(dim=1) - x[:, -1]) / 3

    few = torch.tensor([[[100.0], [101.0], [103.0]], [[101.0], [103.0], [99.0]]])
    more = 100 + torch.randn(4, 6, 1, generator=torch.Generator().manual_seed(0))
    half, third = half_of_the_last_change, third_of_the_way_to_the_mean
    return Expected(right, mistakes, [(half, few, 3), (third, few, 4), (third, more, 8)], shaped=True)


def _shows_every_window_too_many(horizon: int) -> pd.Series:
    """Repeats itself every 40 days, but for a leap on the test part's first day, which only a window too many has seen.

    A slight rise makes the last of all similar windows the nearest, so each of them shows up in the forecasts.
    """
    days = np.arange(700)
    values = np.random.default_rng(0).normal(size=40)[days % 40] + 1e-5 * days
    values[len(days) - 200 - horizon + 1] += 6
    return pd.Series(values)


@STEP.exercise
def nearest() -> Expected:
    """Find the bug: overlapping windows are shuffled before they are split."""

    def scored(shuffle: bool, kept: Callable) -> Callable:
        def score(series, window, horizon):
            x, t = make_windows(series, window, horizon)
            if shuffle:
                order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
                x, t = x[order], t[order]
            x_train, x_test, t_train, t_test = kept(*split_last(x, t, 200), horizon)
            model = KNeighborsRegressor(3).fit(x_train[:, :, 0], t_train)
            return skill(t_test, model.predict(x_test[:, :, 0]), naive_forecast(x_test, horizon))

        return score

    def as_split(x_train, x_test, t_train, t_test, horizon):
        return x_train, x_test, t_train, t_test

    def purged(x_train, x_test, t_train, t_test, horizon):
        x_train, t_train = purge(x_train, t_train, horizon)
        return x_train, x_test, t_train, t_test

    def one_left(x_train, x_test, t_train, t_test, horizon):
        return purged(x_train, x_test, t_train, t_test, horizon - 1)

    def test_purged(x_train, x_test, t_train, t_test, horizon):
        x_test, t_test = purge(x_test, t_test, horizon)
        return x_train, x_test, t_train, t_test

    mistakes = [
        (
            scored(True, as_split),
            "まだ、勝てないはずのランダムウォークで勝っています。テスト部分の窓に最も似ているのは、どの日の窓ですか。",
            "It still wins on a random walk, where nothing can. Of which days are the windows most similar to those of the test part?",
        ),
        (
            scored(False, as_split),
            "時間の順になりました。残りは境目です。学習部分の最後の窓の目標が、まだテスト部分に入っています。",
            "Now the parts are in the order of time. What is left is the border: the targets of the last training windows still reach into the test part.",
        ),
        (
            scored(False, one_left),
            "学習部分に、目標がテスト部分に入る窓が 1 つ残っています。捨てる数を、1 日ずつ数えて確かめてください。",
            "One training window is left whose targets reach into the test part. Count day by day how many must be dropped.",
        ),
        (
            scored(True, purged),
            "並べかえたあとで捨てても、重なる窓は学習部分の全体に散らばったままです。先に、時間の順に分けてください。",
            "Dropped after shuffling, the windows that overlap are still all over the training part. Split in the order of time first.",
        ),
        (
            scored(False, test_purged),
            "テスト部分の最後を捨てています。境目の直前にある、学習部分の最後の窓を捨てます。",
            "You drop the end of the test part. Drop the last windows of the training part, just before the border.",
        ),
    ]  # fmt: skip
    found = (
        "並べかえると、隣の日の窓が学習部分に入ります。その目標は、当てたい 14 日と 13 日が同じです。",
        "Shuffled, the training part gets the windows of the days next to a test window: 13 of the 14 days to forecast are in their targets.",
    )
    walks = (
        (8, 30, 14),
        (9, 30, 14),
        (4, 10, 3),
    )  # on these, more windows may be dropped than need be: nothing changes
    inputs = [(generate("random_walk", 1092, seed)["Close"], *lengths) for seed, *lengths in walks]
    inputs += [(_shows_every_window_too_many(horizon), window, horizon) for window, horizon in ((30, 14), (8, 20))]
    return Expected(scored(False, purged), mistakes, inputs, found)


@STEP.exercise
def farther(actual: Tensor, y: Tensor, naive: Tensor) -> Expected:
    """Study: the skill of a linear regression on AR(1), one step and fourteen steps ahead."""
    actual, y, naive = (np.asarray(paths, dtype=float) for paths in (actual, y, naive))

    def of(column: int) -> float:
        return skill(actual[:, column], y[:, column], naive[:, column])

    def ratio(column: int) -> float:
        return 1 - of(column)

    everything = rmse(actual, naive)
    mistakes = [
        (
            (of(-1), of(0)),
            "2 つの値が入れかわっています。先に、1 期先のスキルを答えます。",
            "The two values have changed places: the skill one step ahead comes first.",
        ),
        (
            (of(1), of(-1)),
            "1 つ目は 2 期先です。1 期先は、最初の列（0 番）にあります。",
            "The first is two steps ahead. One step ahead is in the first column, number 0.",
        ),
        (
            (ratio(0), ratio(-1)),
            "これは誤差の比です。スキルは、1 からこの比を引いた値です。",
            "These are ratios of the errors. The skill is 1 minus this ratio.",
        ),
        (
            (1 - ratio(0) ** 2, 1 - ratio(-1) ** 2),
            "平均二乗誤差の比を使っています。スキルは RMSE の比で求めます。",
            "You use mean squared errors. The skill is made from RMSE.",
        ),
        (
            tuple(1 - rmse(actual[:, k], y[:, k]) / everything for k in (0, -1)),
            "ナイーブ予測の RMSE を、14 日分まとめて計算しています。同じ列どうしで比べてください。",
            "You take the naive forecast's RMSE over all 14 steps. Compare column with column.",
        ),
        (
            (skill(actual, y, naive), skill(actual, y, naive)),
            "14 日分をまとめたスキルです。1 期先の列と 14 期先の列を、別々に採点してください。",
            "That is the skill over all 14 steps. Score the columns of one step and of 14 steps separately.",
        ),
    ]
    found = (
        "遠い先ほどスキルが高くなりました。予測が上手になったのではなく、「今日の値が続く」というナイーブ予測が、平均に引き戻される系列では悪くなるからです。",
        "The farther ahead, the higher the skill. The forecast does not get better: on a series that is pulled back to its mean, “today's value goes on” gets worse.",
    )
    return Expected((of(0), of(-1)), mistakes, found=found if of(-1) > of(0) else ("", ""))
