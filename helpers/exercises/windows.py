"""Step 02: what is asked before its results, and what its exercises expect. More than 200 lines: every mistake has two sentences."""

import numpy as np
import pandas as pd

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.windows import make_windows

QUESTIONS = {
    "shared": Question(
        "隣り合う窓は、5 日のうち何日を共有していると思いますか。",
        "How many of their five days do neighbouring windows share?",
        [(0, "0 日", "0"), (1, "1 日", "1"), (4, "4 日", "4"), (5, "5 日", "5")],
    ),
    "stride": Question(
        "ずらし幅を 1 から 5 にすると、窓の数はどうなると思いますか。",
        "What happens to the number of windows when the stride goes from 1 to 5?",
        [
            (lambda share: share > 0.9, "ほとんど変わらない", "hardly any change"),
            (lambda share: share > 0.3, "約半分になる", "about half"),
            (lambda share: share <= 0.3, "約 5 分の 1 になる", "about a fifth"),
        ],
    ),
    "seen": Question(
        "混ぜて分けると、テストで予測する日のうち、学習部分の窓にも入っている日は何 % だと思いますか。",
        "After shuffling, what share of the days to forecast in the test is in some training window as well?",
        [
            (lambda share: share < 0.2, "20% より少ない", "less than 20%"),
            (lambda share: share < 0.8, "20% から 80%", "20% to 80%"),
            (lambda share: share >= 0.8, "80% 以上", "80% or more"),
        ],
    ),
}

STEP = Step("02_windowing", ("窓を切り出す", "Windowing"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def longer_horizon(divided: pd.Series, window: int) -> Expected:
    """Observe: how many windows fewer a horizon of 3 gives than a horizon of 1."""
    one, three = (len(make_windows(divided, window, horizon)[0]) for horizon in (1, 3))
    mistakes = [
        (
            3,
            "それはホライズンそのものです。1 日先のときも、窓の後ろに 1 行が必要でした。差を答えてください。",
            "That is the horizon itself. One day ahead needs one row behind the window too: answer with the difference.",
        ),
        (
            three,
            "それは、3 日先のときの窓の数です。1 日先のときより何個減るかを答えてください。",
            "That is the number of windows with three days ahead. Answer by how many there are fewer than with one.",
        ),
        (
            len(divided) - three,
            "行数との差になっています。1 日先のときの窓の数との差を答えてください。",
            "That is the difference from the number of rows. Compare with the number of windows for one day ahead.",
        ),
    ]
    return Expected(one - three, mistakes)


@STEP.exercise
def count() -> Expected:
    """Write: the number of windows."""
    mistakes = [
        (
            lambda rows, window, horizon, stride: (rows - window - horizon) // stride,
            "1 個足りません。0 行目から始まる窓も数えます。",
            "One too few: the window that starts at row 0 counts too.",
        ),
        (
            lambda rows, window, horizon, stride: (rows - window - horizon + 1) // stride,
            "割り切れないときに 1 個足りません。1 を足すのは、割り算のあとです。",
            "One too few where the division does not come out even: add the 1 after dividing.",
        ),
        (
            lambda rows, window, horizon, stride: (rows - window) // stride + 1,
            "ホライズンを忘れています。窓の後ろに、目標の行が必要です。",
            "The horizon is missing: behind a window there must be rows for its target.",
        ),
        (
            lambda rows, window, horizon, stride: rows - window - horizon + 1,
            "ずらし幅を忘れています。窓はずらし幅の行数ごとに始まります。",
            "The stride is missing: windows start every stride rows.",
        ),
        (
            lambda rows, window, horizon, stride: (rows - window - stride) // horizon + 1,
            "ホライズンとずらし幅が入れかわっています。",
            "Horizon and stride have changed places.",
        ),
        (
            lambda rows, window, horizon, stride: (rows - window - horizon) / stride + 1,
            "割り切れないときに、端数が出ます。切り捨てるには // を使います。",
            "There is a remainder where the division does not come out even: // rounds down.",
        ),
        (
            lambda rows, window, horizon, stride: rows // (window + horizon),
            "窓が重ならないように並べたときの数です。窓は重なります。",
            "That would be the number of windows side by side. They overlap.",
        ),
    ]

    def right(rows, window, horizon, stride):
        return (rows - window - horizon) // stride + 1

    inputs = [(8, 5, 1, 1), (8, 5, 2, 1), (11, 4, 3, 2), (20, 5, 1, 4), (1092, 10, 1, 5), (7, 5, 2, 3)]
    return Expected(right, mistakes, inputs)


@STEP.exercise
def target_row() -> Expected:
    """Write: the row of the last target of window k."""
    mistakes = [
        (
            lambda k, window, horizon, stride: k * stride + window + horizon,
            "1 行あとを指しています。行は 0 から数えます。",
            "That is one row too late. Rows are counted from 0.",
        ),
        (
            lambda k, window, horizon, stride: k + window + horizon - 1,
            "ずらし幅を忘れています。k 番目の窓は k × stride 行目から始まります。",
            "The stride is missing: window k starts at row k × stride.",
        ),
        (
            lambda k, window, horizon, stride: k * stride + window - 1,
            "それは、窓の最後の行です。目標は、その horizon 行あとまで続きます。",
            "That is the last row of the window. Its targets go on for horizon rows.",
        ),
        (
            lambda k, window, horizon, stride: k * stride + window,
            "それは、最初の目標の行です。horizon 期先までの最後の目標を答えます。",
            "That is the row of the first target. Answer with the last one, horizon steps ahead.",
        ),
        (
            lambda k, window, horizon, stride: k * horizon + window + stride - 1,
            "ホライズンとずらし幅が入れかわっています。",
            "Horizon and stride have changed places.",
        ),
    ]

    def right(k, window, horizon, stride):
        return k * stride + window + horizon - 1

    return Expected(right, mistakes, [(0, 5, 1, 1), (2, 5, 3, 1), (3, 4, 2, 5), (10, 5, 1, 2), (7, 3, 4, 2)])


@STEP.exercise
def no_error_at_all() -> Expected:
    """Find the bug: a target that is the last value of its own window."""

    def cut(values, window, first, last):
        starts = range(len(values) - last)
        x = [values[start : start + window] for start in starts]
        return np.array(x), np.array([values[start + first] for start in starts])

    def column(values, window):
        x, t = cut(values, window, window, window)
        return x, t[:, None]

    mistakes = [
        (
            lambda values, window: cut(values, window, window - 1, window),
            "ナイーブ予測の誤差が、まだ 0 です。x[0] の最後の値と t[0] を見比べてください。",
            "The error of the naive forecast is still 0. Compare the last value of x[0] with t[0].",
        ),
        (
            lambda values, window: cut(values, window, window + 1, window + 1),
            "今度は 1 日先に行き過ぎました。2 日先が目標になっています。",
            "Now it goes one day too far: the target is two days ahead.",
        ),
        (
            lambda values, window: cut(values, window, window, window + 1),
            "目標は直りましたが、最後の窓が 1 つ足りません。range の終わりを確かめてください。",
            "The target is right now, but the last window is missing. Look at the end of the range.",
        ),
        (
            lambda values, window: cut(values, window - 1, window - 1, window),
            "目標が窓から外れましたが、窓が 1 日短くなりました。窓の長さは window のままにします。",
            "The target is outside the window now, but the window has become a day shorter. Keep it at window days.",
        ),
        (
            lambda values, window: cut(values, 5, 5, 5),
            "窓の長さが 5 に決まっています。引数の window を使ってください。",
            "The window is always 5 days long. Use the argument window.",
        ),
        (
            column,
            "値は合っていますが、t に長さ 1 の方向が残っています。このままでは、x_cut[:, -1] - t_cut がすべての組の差になります。t は 1 日に 1 つの数を並べた (窓の数,) にします。",
            "The values are right, but t has an axis of length 1 too many: x_cut[:, -1] - t_cut then takes the difference of every "
            "pair. Make it one number a window, of shape (windows,).",
        ),
    ]
    values = np.array([100.0, 102, 105, 103, 106, 108, 107, 109])
    inputs = [(values, 5), (values, 3), (np.arange(20.0) ** 2, 4)]
    found = (
        "目標が窓の中にあると、写すだけで誤差が 0 になります。良すぎる成績は、まず x と t を並べて疑います。",
        "With the target inside the window, copying it gives no error. When a score is too good, look at x and t side by side first.",
    )
    return Expected(lambda values, window: cut(values, window, window, window), mistakes, inputs, found, shaped=True)


@STEP.exercise
def apart(shares: dict[int, float], window: int, horizon: int) -> Expected:
    """Study: the smallest stride at which shuffled windows share no day to forecast with the training part."""
    right = next(stride for stride, share in sorted(shares.items()) if share == 0)
    mistakes = [
        (
            window,
            "その stride では、予測する日が次の窓の最初の日になり、まだ学習部分に入ります。shares の値が 0 になる stride を探してください。",
            "At that stride the day to forecast is the first of the next window, and still in training. Look in shares for the stride with a 0.",
        ),
        (
            right + 1,
            "その stride でも 0% ですが、もっと小さい stride があります。",
            "It is 0% there too, but a smaller stride has it as well.",
        ),
        (
            max(shares),
            "その stride でも 0% ですが、いちばん小さいものを答えます。",
            "It is 0% there too, but the smallest one is asked for.",
        ),
        (
            1,
            "stride が 1 のとき、割合はいちばん大きくなります。0% になる stride を探してください。",
            "With a stride of 1 the share is largest. Look for the stride at which it is 0%.",
        ),
    ]
    found = (
        f"窓の {window} 行と目標の {horizon} 行がどこも重ならなければ、混ぜても同じ日は入りません。ただし、窓の数は大きく減ります。",
        f"Once the {window} rows of a window and the {horizon} of its target overlap with nothing, no day is in both parts. "
        "But far fewer windows are left.",
    )
    return Expected(right, mistakes, found=found)
