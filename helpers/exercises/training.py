"""Step 04: what is asked before its results, and what its exercises expect. More than 200 lines: every mistake has two sentences."""

import numpy as np
import torch
from torch import Tensor, nn

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "reach": Question(
        "60 エポックのあと、損失はナイーブ予測の何倍になると思いますか。",
        "After 60 epochs, how many times the naive forecast's loss do you expect?",
        [
            (lambda ratio: ratio <= 1, "1 倍以下（破線に届く）", "at most 1: it reaches the dashed line"),
            (lambda ratio: ratio <= 2, "1 から 2 倍", "1 to 2"),
            (lambda ratio: ratio > 2, "2 倍より大きい", "more than 2"),
        ],
    ),
    "hinder": Question(
        "学習をおもに妨げるのは、入力の大きさと目標の大きさの、どちらだと思いますか。",
        "Which hinders training more, the size of the inputs or the size of the targets?",
        [
            (lambda ratio: ratio < 1, "入力の大きさ", "the size of the inputs"),
            (lambda ratio: ratio >= 1, "目標の大きさ", "the size of the targets"),
        ],
    ),
    "lbfgs": Question(
        "LBFGS の 12 エポックで、損失はナイーブ予測の何倍になると思いますか。",
        "With 12 epochs of LBFGS, how many times the naive forecast's loss do you expect?",
        [
            (lambda ratio: ratio < 0.5, "半分未満", "less than half"),
            (lambda ratio: ratio <= 2, "ほぼ同じ（0.5 から 2 倍）", "about the same: 0.5 to 2"),
            (lambda ratio: ratio > 2, "2 倍より大きい", "more than 2"),
        ],
    ),
    "epochs": Question(
        "8,000 エポックのあと、損失はナイーブ予測の何倍になったと思いますか。",
        "After 8,000 epochs, how many times the naive forecast's loss do you expect?",
        [
            (lambda ratio: ratio < 0.5, "半分未満", "less than half"),
            (lambda ratio: ratio <= 1.2, "ほぼ同じ（0.5 から 1.2 倍）", "about the same: 0.5 to 1.2"),
            (lambda ratio: ratio > 1.2, "1.2 倍より大きい", "more than 1.2"),
        ],
    ),
    "r2": Question(
        "検証部分での R2 は、LSTM とナイーブ予測でどれくらい違うと思いますか。",
        "On the validation part, how much does R2 differ between the LSTM and the naive forecast?",
        [
            (lambda gap: gap > 0.2, "0.2 より大きく違う", "by more than 0.2"),
            (lambda gap: gap > 0.02, "0.02 から 0.2", "by 0.02 to 0.2"),
            (lambda gap: gap <= 0.02, "ほとんど同じ（0.02 以下）", "hardly: by 0.02 or less"),
        ],
    ),
}

STEP = Step("04_training_loop", ("学習ループ", "Training loop"), QUESTIONS)
ask, recall, check, progress = STEP.ask, STEP.recall, STEP.check, STEP.progress


@STEP.exercise
def best_rate(losses: dict[float, list[float]]) -> Expected:
    """Observe: the learning rate with the smallest loss at the end."""
    last = {rate: curve[-1] for rate, curve in losses.items()}
    right = min(last, key=last.get)
    mistakes = [
        (
            min(losses),
            "それは、いちばん小さい学習率です。重みがほとんど動かないので、損失も減りません。最後の損失を見比べてください。",
            "That is the smallest rate: the weights hardly move, and the loss hardly falls. Compare the losses at the end.",
        ),
        (
            max(losses),
            "それは、いちばん大きい学習率です。表示された最後の損失を、ほかの学習率のものと比べてください。",
            "That is the largest rate. Compare its last loss with those of the other rates.",
        ),
        (
            last[right],
            "それは損失です。その損失になった学習率を答えてください。",
            "That is the loss. Answer with the learning rate that gave it.",
        ),
        (
            list(losses).index(right) + 1,
            "それは何行目かです。その行の学習率を答えてください。",
            "That is the number of the line. Answer with the learning rate in it.",
        ),
        (
            0.001,
            "それは AdamW の既定値です。60 エポックでは、まだあまり減っていません。最後の損失を見比べてください。",
            "That is AdamW's default. In 60 epochs the loss has not fallen far with it: compare the losses at the end.",
        ),
    ]
    found = (
        "学習率は、小さすぎると進まず、大きすぎると行き過ぎます。ちょうどよい値は、試して探します。",
        "Too small a rate gets nowhere, too large a one goes too far. A good one is found by trying.",
    )
    return Expected(right, mistakes, found=found, tolerance=1e-5)


@STEP.exercise
def naive_mae(x_validation: Tensor, t_validation: Tensor, x_fit: Tensor, t_fit: Tensor) -> Expected:
    """Write: the MAE of the naive forecast on the validation part."""
    error = t_validation - x_validation[:, -1]
    mistakes = [
        (
            error.mean(),
            "正と負の誤差が打ち消し合っています。平均の前に絶対値をとってください。",
            "Positive and negative errors cancel. Take the absolute value before the mean.",
        ),
        (
            -error.mean(),
            "正の誤差と負の誤差が打ち消し合った平均です。絶対値は、平均の前に、誤差ごとにとってください。",
            "In this mean, positive and negative errors have cancelled. Take the absolute value of each error before the mean.",
        ),
        (
            (error**2).mean().sqrt(),
            "それは RMSE です。MAE は、絶対値の平均です。",
            "That is the RMSE. The MAE is the mean of the absolute values.",
        ),
        (
            (error**2).mean(),
            "それは MSE です。MAE は、絶対値の平均です。",
            "That is the MSE. The MAE is the mean of the absolute values.",
        ),
        (
            (t_fit - x_fit[:, -1]).abs().mean(),
            "学習部分で計算しています。検証部分の x_validation と t_validation を使ってください。",
            "You compute on the training part. Use x_validation and t_validation.",
        ),
        (
            (t_validation - x_validation[:, 0]).abs().mean(),
            "窓の最初の値を使っています。ナイーブ予測は、窓の最後の値です。",
            "You take the first value of the window. The naive forecast is the last one.",
        ),
        (
            (t_validation - x_validation[:, -1, 0]).abs().mean(),
            "形が合っていません。(100, 1) から (100,) を引くと、すべての組の差になり、(100, 100) になります。x_validation[:, -1] の形は (100, 1) です。",
            "The shapes do not match: (100, 1) minus (100,) takes the difference of every pair, (100, 100). x_validation[:, -1] has the shape (100, 1).",
        ),
    ]
    return Expected(error.abs().mean().item(), mistakes)


@STEP.exercise
def standardise() -> Expected:
    """Write: values in standard deviations from the mean, both of the training part."""

    def own(values, train):
        return (values - values.mean()) / values.std()

    mistakes = [
        (
            own,
            "values 自身の平均と標準偏差を使っています。どちらも、学習部分 train から計算します。",
            "You use the mean and the standard deviation of values itself. Both come from train, the training part.",
        ),
        (
            lambda values, train: (values - train.mean()) / train.var(),
            "分散で割っています。標準偏差は、その平方根です。",
            "You divide by the variance. The standard deviation is its square root.",
        ),
        (lambda values, train: values / train.std(), "平均を引いていません。", "The mean is not subtracted."),
        (
            lambda values, train: values - train.mean() / train.std(),
            "かっこが足りません。割り算が引き算より先に計算されています。",
            "Brackets are missing: the division is computed before the subtraction.",
        ),
        (
            lambda values, train: (values - train.min()) / (train.max() - train.min()),
            "最小値を 0、最大値を 1 にする方法です。ここでは、平均と標準偏差を使います。",
            "That puts the smallest value at 0 and the largest at 1. Here the mean and the standard deviation are used.",
        ),
        (
            lambda values, train: values * train.std() + train.mean(),
            "それは、標準化した値をもとに戻す計算です。",
            "That is the way back, from standardised values.",
        ),
        (
            lambda values, train: (values - train.mean(dim=0)) / train.std(dim=0),
            "窓の日ごとに、別々の平均と標準偏差を使っています。train のすべての値から、1 つずつ計算してください。",
            "Every day of the window has a mean and a standard deviation of its own. Take one of each, over all values of train.",
        ),
    ]
    train = 100 + 15 * torch.randn(2000, generator=torch.Generator().manual_seed(0))
    windows = train.reshape(400, 5, 1) + torch.arange(5.0)[:, None]  # each day of a window a little higher
    inputs = [(torch.tensor([100.0, 130.0]), train), (train + 40, train), (train[:50], train), (windows[:6], windows)]
    return Expected(lambda values, train: (values - train.mean()) / train.std(), mistakes, inputs, tolerance=2e-3)


@STEP.exercise
def rises_again() -> Expected:
    """Find the bug: gradients of past epochs that are never cleared."""

    def loop(clear, lr=0.1):
        def train(model, x, t, epochs):
            optimizer = torch.optim.SGD(model.parameters(), lr=lr)
            losses = []
            for _ in range(epochs):
                loss = nn.functional.mse_loss(model(x), t)
                if clear == "before":
                    optimizer.zero_grad()
                loss.backward()
                if clear == "between":
                    optimizer.zero_grad()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train

    def last_only(model, x, t, epochs):
        return loop("before")(model, x, t, epochs)[-1:]

    def first_only(model, x, t, epochs):
        return loop("before")(model, x, t, epochs)[:1]

    mistakes = [
        (
            loop("never"),
            "損失が、減ったあとにまた大きくなります。1 エポックの 5 つの手順と見比べて、足りないものを探してください。",
            "The loss still rises again after it has fallen. Compare the loop with the five lines of an epoch: what is missing?",
        ),
        (
            loop("between"),
            "損失がまったく変わりません。step() の前に、計算したばかりの勾配を消していないか、step() そのものがあるかを確かめてください。",
            "The loss does not change at all. Are the gradients cleared before step() has used them? Is step() still there?",
        ),
        (
            last_only,
            "学習は正しくなりました。最後だけでなく、すべてのエポックの損失を返してください。",
            "The training is right now. Return the losses of all epochs, not only the last.",
        ),
        (
            first_only,
            "最初のエポックの損失だけが返っています。return が for の中にあると、1 回めで関数が終わります。",
            "Only the loss of the first epoch comes back. A return inside the for ends the function in its first round.",
        ),
        (
            loop("never", lr=0.01),
            "学習率を下げても、原因は残っています。1 エポックの 5 つの手順と見比べて、足りないものを探してください。",
            "A lower rate leaves the cause in place. Compare the loop with the five lines of an epoch: what is missing?",
        ),
        (
            loop("before", lr=0.01),
            "原因は直りましたが、学習率も変わっています。lr は 0.1 のままにしてください。",
            "The cause is mended, but the learning rate has changed too. Leave lr at 0.1.",
        ),
    ]
    torch.manual_seed(0)
    x = torch.randn(50, 3)
    inputs = [(nn.Linear(3, 1), x, x.sum(dim=1, keepdim=True), epochs) for epochs in (5, 40)]
    found = (
        "backward() は、新しい勾配を前の勾配に足します。だから、毎回消す必要があります。",
        "backward() adds the new gradients to the old ones, so they have to be cleared each time.",
    )
    return Expected(loop("before"), mistakes, inputs, found)


@STEP.exercise
def spread_of_seeds(errors: list[float], naive_rmse: float) -> Expected:
    """Study: the range of the validation RMSE over the seeds, and the distance of their mean from the naive forecast."""
    errors = np.asarray(errors, dtype=float)
    spread, gap = np.ptp(errors), naive_rmse - errors.mean()
    mistakes = [
        (
            (errors.std(ddof=1), gap),
            "1 つ目は標準偏差です。ここでは、最大の RMSE から最小の RMSE を引いた値を答えます。",
            "The first is the standard deviation. Here it is the largest RMSE minus the smallest.",
        ),
        (
            (errors.std(), gap),
            "1 つ目は、ばらつきを表す標準偏差です。ここでは、最大の RMSE と最小の RMSE の差を答えます。",
            "The first is a standard deviation. Here the difference of the largest and the smallest RMSE is asked for.",
        ),
        (
            (gap, spread),
            "2 つの値が入れかわっています。先に、シードによる幅を答えます。",
            "The two have changed places: the range over the seeds comes first.",
        ),
        (
            (spread, -gap),
            "2 つ目の符号が逆です。ナイーブ予測の RMSE から、平均の RMSE を引きます。",
            "The second has the wrong sign: take the mean RMSE from the naive forecast's.",
        ),
        (
            (spread, naive_rmse - errors.min()),
            "2 つ目に、最も良いシードを使っています。良い 1 回だけを選ばず、平均を使ってください。",
            "The second uses the best seed. Do not pick a lucky run: use the mean.",
        ),
        (
            (spread, naive_rmse - errors[0]),
            "2 つ目に、最初のシードだけを使っています。5 つの平均を使ってください。",
            "The second uses the first seed alone. Use the mean of all five.",
        ),
    ]
    found = (
        "シードを変えただけでも、RMSE はこの幅だけ動きます。1 回の学習で比べると、その差が本物かどうか分かりません。",
        "Changing the seed alone moves the RMSE by this much. From one run you cannot tell whether a difference is real.",
    )
    # the numbers that the cell prints with one decimal are close enough; five equal RMSE show nothing
    return Expected((spread, gap), mistakes, found=found if spread else ("", ""), tolerance=1e-3)
