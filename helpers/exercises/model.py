"""Step 03: what is asked before its results, and what its exercises expect. More than 200 lines: every mistake has two sentences."""

import math

import torch
from torch import Tensor, nn

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "forget": Question(
        "30 日後に半分以上が残る、いちばん小さい f はどれだと思いますか。",
        "What is the smallest f that leaves at least half after 30 days?",
        [(0.5, "0.5", "0.5"), (0.9, "0.9", "0.9"), (0.99, "0.99", "0.99")],
    ),
    "old": Question(
        "作ったばかりの RNN では、29 日前の入力は、最後の日の入力に比べてどのくらい効いていると思いますか。",
        "In a new RNN, how much does an input 29 days back count, compared with the last day's?",
        [
            (lambda share: share > 0.3, "同じくらい", "about as much"),
            (lambda share: share > 0.001, "10 分の 1 から 100 分の 1 くらい", "a tenth to a hundredth"),
            (lambda share: share <= 0.001, "1,000 分の 1 以下", "a thousandth or less"),
        ],
    ),
    "batch": Question(
        "batch_first を忘れて同じ x を渡すと、何が起こると思いますか。",
        "What happens when batch_first is forgotten and the same x is passed?",
        [
            (None, "エラーになる", "an error"),
            (False, "o の形が変わる", "the shape of o changes"),
            (True, "o の形は変わらない", "the shape of o stays the same"),
        ],
    ),
    "time": Question(
        "LSTM には重みの組が 4 つ、GRU には 3 つあります。LSTM の計算時間は、GRU に比べてどうなると思いますか。",
        "An LSTM has four sets of weights, a GRU three. How does the LSTM's computing time compare with the GRU's?",
        [
            (lambda ratio: ratio > 1.15, "LSTM のほうが長い", "the LSTM takes longer"),
            (lambda ratio: ratio > 0.87, "ほぼ同じ", "about the same"),
            (lambda ratio: ratio <= 0.87, "LSTM のほうが短い", "the LSTM takes less time"),
        ],
    ),
}

STEP = Step("03_model", ("モデル", "Model"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def shape_of_h(x: Tensor, hidden_size: int) -> Expected:
    """Observe: the shape of h with one layer."""
    n, days, _ = x.shape
    mistakes = [
        (
            (n, days, hidden_size),
            "それは o の形です。h は、最後の日の状態だけを持っています。",
            "That is the shape of o. h holds the states of the last day only.",
        ),
        (
            (3, n, hidden_size),
            "それは 3 層のときの形です。num_layers を 1 にして実行してください。",
            "That is the shape with three layers. Set num_layers to 1 and run it.",
        ),
        (
            (n, hidden_size),
            "層の方向が抜けています。1 層でも、h は 3 つの方向を持ちます。",
            "The direction of the layers is missing: even with one layer h has three directions.",
        ),
        (
            (n, 1, hidden_size),
            "順序が違います。h の最初の方向は、窓ではなく層です。batch_first は h の形に影響しません。",
            "The order is different: the first direction of h is the layers, not the windows. batch_first leaves h alone.",
        ),
    ]
    return Expected((1, n, hidden_size), mistakes)


@STEP.exercise
def gru_parameters() -> Expected:
    """Write: the number of parameters of a GRU layer."""
    mistakes = [
        (
            lambda inputs, hidden: 4 * (inputs * hidden + hidden * hidden + 2 * hidden),
            "4 組は LSTM です。GRU の重みの組は 3 つです。",
            "Four sets make an LSTM. A GRU has three.",
        ),
        (
            lambda inputs, hidden: inputs * hidden + hidden * hidden + 2 * hidden,
            "1 組だけを数えています。これは RNN の数です。GRU の重みの組は 3 つです。",
            "You count a single set, which is an RNN. A GRU has three.",
        ),
        (
            lambda inputs, hidden: 3 * (inputs * hidden + hidden * hidden + hidden),
            "バイアスが足りません。PyTorch は、1 組につきバイアスを 2 つずつ持ちます。",
            "Biases are missing: PyTorch keeps two of them in every set.",
        ),
        (
            lambda inputs, hidden: 3 * (hidden + hidden * hidden + 2 * hidden),
            "1 日に 1 つの値しかないときの数です。入力の重みは、inputs × hidden 個あります。",
            "That holds for a single value a day. There are inputs × hidden weights for the input.",
        ),
        (
            lambda inputs, hidden: 3 * (inputs * hidden + 2 * hidden),
            "隠れ状態の重みを忘れています。昨日の隠れ状態の n 個それぞれから、今日の n 個それぞれへ重みがあります。",
            "The weights of the hidden state are missing: one from each of yesterday's n numbers to each of today's.",
        ),
    ]

    def right(inputs, hidden):
        return sum(parameter.numel() for parameter in nn.GRU(inputs, hidden).parameters())

    return Expected(right, mistakes, [(1, 2), (3, 2), (1, 32), (5, 7)], tolerance=1e-9)


@STEP.exercise
def cell_step() -> Expected:
    """Write: one day of an LSTM, from yesterday's cell state and the four parts to h and c."""

    def right(c, i, f, g, o):
        new = f * c + i * g
        return o * torch.tanh(new), new

    def swapped(c, i, f, g, o):
        return right(c, f, i, g, o)

    def flat(c, i, f, g, o):
        new = f * c + i * g
        return o * new, new

    def yesterday(c, i, f, g, o):
        return o * torch.tanh(c), f * c + i * g

    def open_gate(c, i, f, g, o):
        new = f * c + g
        return o * torch.tanh(new), new

    def forgets(c, i, f, g, o):
        return right(c, i, 1 - f, g, o)

    def ungated(c, i, f, g, o):
        new = f * c + i * g
        return torch.tanh(new), new

    mistakes = [
        (
            swapped,
            "忘却ゲート f と入力ゲート i が入れかわっています。f は昨日の c に、i は今日の候補 g に掛けます。",
            "Forget gate f and input gate i have changed places: f multiplies yesterday's c, i today's candidate g.",
        ),
        (
            flat,
            "h に tanh がありません。h は、tanh(c) に出力ゲートを掛けたものです。",
            "h lacks its tanh: it is the output gate times tanh(c).",
        ),
        (
            yesterday,
            "h を昨日の c から計算しています。先に今日の c を作り、それを使ってください。",
            "You make h from yesterday's c. Make today's c first, and use that.",
        ),
        (open_gate, "候補 g に入力ゲートが掛かっていません。", "The candidate g is not multiplied by its input gate."),
        (
            forgets,
            "昨日の c に 1 − f を掛けています。忘却ゲート f は、忘れる割合ではなく、残す割合です。",
            "You multiply yesterday's c by 1 − f. The forget gate f is the share to keep, not the share to forget.",
        ),
        (ungated, "h に出力ゲートが掛かっていません。", "h is not multiplied by the output gate."),
        (
            lambda c, i, f, g, o: right(c, i, f, torch.tanh(g), o),
            "g に tanh をもう一度使っています。4 つの部分は、もう tanh やシグモイド関数を通してあります。",
            "You take the tanh of g once more. The four parts have been through their tanh or sigmoid already.",
        ),
        (
            lambda c, i, f, g, o: right(c, i, f, g, o)[0],
            "h は合っています。c も、h のあとに並べて返してください。",
            "h is right. Return c too, behind h.",
        ),
        (
            lambda c, i, f, g, o: right(c, i, f, g, o)[::-1],
            "計算は合っています。h、c の順に返してください。",
            "The computation is right. Return h first, then c.",
        ),
    ]
    random = torch.Generator().manual_seed(0)
    many = tuple(torch.rand(2, 4, generator=random) for _ in range(5))
    one = tuple(torch.tensor(value) for value in (2.0, 0.5, 0.25, -0.5, 0.75))
    return Expected(right, mistakes, [one, many])


@STEP.exercise
def fits_but_differs() -> Expected:
    """Find the bug: the four parts of an LSTM unpacked in another order."""

    def by_hand(order, old=False):
        def lstm(x, layer):
            h = c = torch.zeros(len(x), layer.hidden_size)
            for day in range(x.shape[1]):
                from_x = x[:, day] @ layer.weight_ih_l0.T + layer.bias_ih_l0
                from_h = h @ layer.weight_hh_l0.T + layer.bias_hh_l0
                part = dict(zip(order, (from_x + from_h).chunk(4, dim=1), strict=True))
                i, f, o = (torch.sigmoid(part[name]) for name in "ifo")
                before, c = c, f * c + i * torch.tanh(part["g"])
                h = o * torch.tanh(before if old else c)
            return h, c

        return lstm

    mistakes = [
        (
            by_hand("figo"),
            "まだ nn.LSTM と一致しません。形が合っていても、どの重みでどの部分を計算しているかは別の問題です。",
            "It still differs from nn.LSTM. Shapes may fit although a part is computed with another part's weights.",
        ),
        (
            by_hand("ifog"),
            "i と f は直りましたが、g と o が入れかわっています。",
            "i and f are right now, but g and o have changed places.",
        ),
        (
            by_hand("igfo"),
            "i は直りましたが、f と g が入れかわっています。",
            "i is right now, but f and g have changed places.",
        ),
        (
            by_hand("ifgo", old=True),
            "順序は合っていますが、h を昨日の c から計算しています。",
            "The order is right, but h is made from yesterday's c.",
        ),
    ]
    torch.manual_seed(0)
    inputs = [
        (torch.randn(2, 5, 1), nn.LSTM(1, 4, batch_first=True)),
        (torch.randn(3, 4, 2), nn.LSTM(2, 3, batch_first=True)),
    ]
    for _, layer in inputs:
        layer.requires_grad_(False)  # nothing is trained here: the check sees to it that the weights stay as they are
    found = (
        "4 つの部分は同じ形なので、取り違えてもエラーになりません。ライブラリの層と比べて、初めて分かります。",
        "The four parts have one shape, so a mix-up raises no error. Only a comparison with the library's layer shows it.",
    )
    return Expected(by_hand("ifgo"), mistakes, inputs, found)


@STEP.exercise
def long_memory(days: int) -> Expected:
    """Study: the forget gate, and its bias, with which half of the memory is left after so many days."""
    f = 0.5 ** (1 / days)
    bias = math.log(f / (1 - f))
    mistakes = [
        (
            (0.5**days, bias),
            "1 つ目が違います。それは、f が 0.5 のときに残る割合です。30 回掛けて 0.5 になる f を求めます。",
            "The first one is off: that is what is left with an f of 0.5. Find the f that gives 0.5 when multiplied 30 times.",
        ),
        (
            (1 - 0.5 / days, math.log((1 - 0.5 / days) / (0.5 / days))),
            "毎日同じ量が減ると考えています。実際には、毎日同じ割合になるので、掛け算で求めます。",
            "You take the same amount away each day. In fact the same share is lost each day: it is a matter of multiplying.",
        ),
        (
            (f, 1 / (1 + math.exp(-f))),
            "2 つ目は、f にシグモイド関数を当てた値です。シグモイド関数を当てると f になる値を求めます。",
            "The second one is the sigmoid of f. Find the number whose sigmoid is f.",
        ),
        (
            (f, math.atanh(f)),
            "2 つ目が違います。ゲートは tanh ではなく、シグモイド関数です。",
            "The second one is off: a gate is a sigmoid, not a tanh.",
        ),
        (
            (f, -bias),
            "2 つ目の符号が逆です。f が 0.5 より大きければ、バイアスは正です。",
            "The second one has the wrong sign: for an f above 0.5 the bias is positive.",
        ),
        (
            (bias, f),
            "2 つの値が入れかわっています。先に f、次にバイアスを答えます。",
            "The two have changed places: f comes first, then the bias.",
        ),
    ]
    for places in (
        2,
        3,
    ):  # as read off, and its own bias: close to 1 a little less of f makes a good deal less of a bias
        short = round(f, places)
        mistakes.append(
            (
                (short, math.log(short / (1 - short))),
                f"2 つ目が違います。小数第 {places} 位までに丸めた f から計算しています。丸める前の f を使ってください。",
                f"The second one is off: it comes from an f rounded to {places} decimals. Use the f before rounding.",
            )
        )
    found = (
        "作ったばかりの LSTM のバイアスは 0 の近くなので、長く覚えることは学習で身につけます。",
        "A new LSTM has biases near 0, so a long memory has to be learned.",
    )
    return Expected((f, bias), mistakes, found=found)
