"""Step 13: what is asked before its results, and what its exercises expect.

More than 200 lines of code: most are the sentences that name each mistake in two languages.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.validation import skill

QUESTIONS = {
    "target": Question(
        "検証部分では、水準を学習したモデルと、変化の割合を学習したモデルのどちらが良いと思いますか。",
        "Which do you expect to be better on the validation part, the model that learned levels or the one that learned relative changes?",
        [
            (lambda ratio: ratio < 0.9, "水準（誤差が 1 割以上小さい）", "levels, by more than 10%"),
            (lambda ratio: ratio <= 1.1, "ほとんど同じ（差は 1 割未満）", "about the same, within 10%"),
            (lambda ratio: ratio > 1.1, "変化の割合（誤差が 1 割以上小さい）", "relative changes, by more than 10%"),
        ],
    ),
    "test": Question(
        "テスト部分では、何期先の予測でナイーブ予測に勝つと思いますか。",
        "At how many steps ahead do you expect to beat the naive forecast on the test part?",
        [
            (lambda won: won == 1, "すべての期", "at every step"),
            (lambda won: won > 0, "一部の期", "at some of them"),
            (lambda won: won == 0, "どの期でも勝てない", "at none"),
        ],
    ),
    "learned": Question(
        "LSTM が答えた変化の平均は、どれに最も近いと思いますか。",
        "Which of these is the mean change forecast by the LSTM closest to?",
        [
            ("naive", "変化なし（ナイーブ予測）", "no change, the naive forecast"),
            ("train", "学習部分の実際の変化", "the actual change in training"),
            ("test", "テスト部分の実際の変化", "the actual change in the test part"),
        ],
    ),
}

STEP = Step("13_amazon_project", ("プロジェクト", "A project of your own"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def early(losses: Sequence[float], patience: int) -> Expected:
    """Observe: the epoch after which early stopping stops, and the one whose weights it keeps."""
    stop, kept = len(losses), 1
    for epoch, loss in enumerate(losses, 1):
        kept = epoch if loss < losses[kept - 1] else kept
        if epoch - kept >= patience:
            stop = epoch
            break
    smallest = int(np.argmin(losses)) + 1
    mistakes = [
        (
            (stop, stop),
            "使うのは、止まったときの重みではありません。損失が最も小さかったエポックの重みです。",
            "The weights used are not those at the stop, but those of the epoch with the smallest loss.",
        ),
        (
            (len(losses), smallest),
            "最後まで学習したことになっています。あとでもっと小さくなる損失は、止まったあとなので分かりません。",
            "That is a training up to the end. A smaller loss later is not known, because training has stopped.",
        ),
        (
            (stop, smallest),
            "止まったあとのエポックの重みは、存在しません。",
            "There are no weights of an epoch after the stop.",
        ),
        (
            (stop - 1, kept - 1),
            "エポックを 0 から数えています。最初のエポックは 1 です。",
            "You count epochs from 0. The first epoch is 1.",
        ),
        (
            (kept + 1, kept),
            "損失が 1 回悪くなっただけで止まっています。良くならないまま patience エポック待ちます。",
            "You stop at the first loss that is worse. Wait for `patience` epochs without a better one.",
        ),
    ]
    found = (
        "待つエポック数が少ないと、そのあとの良い重みを逃すことがあります。",
        "With a short patience, better weights that come later can be missed.",
    )
    return Expected((stop, kept), mistakes, found=found if smallest > stop else ("", ""))


@STEP.exercise
def naive_rmse(train: tuple, validation: tuple) -> Expected:
    """Write: the RMSE of the naive forecast at the last step ahead."""
    x, t = validation
    errors = t - x[:, -1]
    by_step = errors.square().mean(dim=0).sqrt()
    mistakes = [
        (
            by_step[0].item(),
            "これは 1 期先の RMSE です。HORIZON 期先は、t の最後の列です。",
            "This is the RMSE one step ahead. HORIZON steps ahead is the last column of t.",
        ),
        (
            errors.square().mean().sqrt().item(),
            "これは、すべての期をまとめた RMSE です。最後の列だけを使います。",
            "This is the RMSE over all steps. Use the last column alone.",
        ),
        (
            errors[:, -1].square().mean().item(),
            "これは平均二乗誤差です。平方根をとってください。",
            "This is the mean squared error. Take the square root.",
        ),
        (
            errors[:, -1].abs().mean().item(),
            "これは MAE です。RMSE では、二乗の平均の平方根をとります。",
            "This is the MAE. The RMSE is the root of the mean of squares.",
        ),
        (
            (t[:, -1] - x[:, 0, 0]).square().mean().sqrt().item(),
            "窓の最初の値で予測しています。ナイーブ予測は、窓の最後の値です。",
            "You forecast with the first value of the window. The naive forecast is the last.",
        ),
        (
            (t[:, -1] - x[:, -1]).square().mean().sqrt().item(),
            "(n,) から (n, 1) を引くと、すべての組み合わせの差（n 行 n 列）になります。同じ窓どうしの差をとります。",
            "(n,) minus (n, 1) gives the differences of all pairs, n by n. Subtract window by window.",
        ),
        (
            (train[1][:, -1] - train[0][:, -1, 0]).square().mean().sqrt().item(),
            "学習部分の RMSE です。検証部分で計算してください。",
            "This is the RMSE on the training part. Compute it on the validation part.",
        ),
    ]
    return Expected(by_step[-1].item(), mistakes)


def whole_rmse(rmses: np.ndarray, sizes: np.ndarray) -> float:
    """The RMSE of all values together, from that of each batch and the numbers of values in them."""
    return float(np.sqrt((sizes * rmses**2).sum() / sizes.sum()))


@STEP.exercise
def from_batches() -> Expected:
    """Write: the function `whole_rmse`."""
    mistakes = [
        (
            lambda rmses, sizes: rmses.mean(),
            "バッチの RMSE をそのまま平均しています。平方根の平均は、平均の平方根ではありません。",
            "You average the RMSE of the batches. A mean of roots is not the root of a mean.",
        ),
        (
            lambda rmses, sizes: (sizes * rmses).sum() / sizes.sum(),
            "大きさで重みを付けた平均です。平均する前に、二乗に戻してください。",
            "That is a mean weighted by size. Go back to squares before averaging.",
        ),
        (
            lambda rmses, sizes: np.sqrt((rmses**2).mean()),
            "どのバッチも同じ重みになっています。小さいバッチは、その分だけ軽く数えます。",
            "All batches count alike. A smaller batch counts for less.",
        ),
        (
            lambda rmses, sizes: (sizes * rmses**2).sum() / sizes.sum(),
            "これは平均二乗誤差です。最後に平方根をとってください。",
            "This is the mean squared error. Take the square root at the end.",
        ),
        (
            lambda rmses, sizes: np.sqrt((sizes * rmses**2).sum()),
            "二乗誤差の合計の平方根です。合計を、すべての値の数で割ってください。",
            "That is the root of the sum of squared errors. Divide the sum by the number of all values.",
        ),
    ]
    inputs = [
        (np.array([1.0, 3.0]), np.array([3, 1])),
        (np.array([2.0, 0.5, 5.0]), np.array([128, 128, 7])),
        (np.array([4.0]), np.array([10])),
        (np.array([1.5, 2.0, 3.0]), np.array([3, 1, 5])),
    ]
    return Expected(whole_rmse, mistakes, inputs)


def add_one(model: nn.Module) -> None:
    """An epoch: every weight grows by 1, in place, as an optimizer does it."""
    with torch.no_grad():
        for weights in model.parameters():
            weights += 1


def double(model: nn.Module) -> None:
    """An epoch: every weight doubles, in place."""
    with torch.no_grad():
        for weights in model.parameters():
            weights *= 2


@STEP.exercise
def kept_weights() -> Expected:
    """Find the bug: the best weights are kept without a copy."""

    def run(model, epoch, losses, better=lambda loss, best: loss < best, late=True, start=float("inf")):
        best, kept = start, None
        for loss in losses:
            before = model.weight.detach().clone()
            epoch(model)
            if better(loss, best):
                best, kept = loss, model.weight.detach().clone() if late else before
        return kept

    def as_given(model, epoch, losses):
        for _ in losses:
            epoch(model)
        return model.weight  # what the reference that was kept shows in the end

    def copied_late(model, epoch, losses):
        return as_given(model, epoch, losses).detach().clone()

    def living(model, epoch, losses):
        kept = run(model, epoch, losses)
        with torch.no_grad():
            model.weight.copy_(kept)
        return model.weight

    def epoch_before(model, epoch, losses):
        return run(model, epoch, losses, late=False)

    def largest(model, epoch, losses):
        return run(model, epoch, losses, better=lambda loss, best: loss > best, start=-float("inf"))

    def first(model, epoch, losses):
        return run(model, epoch, losses[:1])

    mistakes = [
        (
            as_given,
            "まだ、最後のエポックの重みが返ります。kept は、損失がそれまでで最小のときにだけ変わりますか。そのあとのエポックでも、そのままですか。",
            "It still returns the weights of the last epoch. Does kept change only at the smallest loss so far, and stay as it is after that?",
        ),
        (
            copied_late,
            "写しですが、最後のエポックの重みです。写すのは、損失がそれまでで最小になったときだけです。best も新しくします。",
            "This is a copy, but of the weights of the last epoch. Copy only when the loss is the smallest so far, and renew best.",
        ),
        (
            living,
            "値は合っていますが、返ってくるのはモデルの重みそのものです。もう 1 エポック学習すると、返した値も変わります。写しを返してください。",
            "The values are right, but what comes back is the model's own weights: one more epoch changes them too. Return a copy.",
        ),
        (
            epoch_before,
            "1 エポック前の重みです。損失は、そのエポックが終わったあとの重みのものです。",
            "Those are the weights of one epoch before. The loss belongs to the weights after the epoch.",
        ),
        (
            largest,
            "損失が最も大きいエポックの重みです。損失は小さいほど良い値です。",
            "Those are the weights of the epoch with the largest loss. A smaller loss is better.",
        ),
        (
            first,
            "最初のエポックの重みのままです。もっと小さい損失が出たら、置きかえます。",
            "Those are the weights of the first epoch. Replace them when a smaller loss comes.",
        ),
    ]

    def model(*start: float) -> nn.Module:
        layer = nn.Linear(len(start), 1, bias=False)
        with torch.no_grad():
            layer.weight[:] = torch.tensor(start)
        return layer

    inputs = [
        (model(0.0), add_one, [0.9, 0.4, 0.6, 0.5]),
        (model(1.0), double, [0.7, 0.6, 0.3, 0.8, 0.5]),
        (model(2.0), add_one, [0.5, 0.3]),
        (model(0.0), add_one, [0.9, 0.95, 0.6, 0.5, 0.7, 0.3, 0.4]),
        (model(1.0, 3.0), double, [3.2, 2.5, 2.8]),
    ]
    found = (
        "state_dict() の中身は重みそのものなので、学習が進むと一緒に動きます。残したいものは複製します。",
        "What state_dict() holds are the weights themselves, which move with training. Copy what is to be kept.",
    )
    return Expected(run, mistakes, inputs, found, afterwards=lambda model, epoch, losses: epoch(model))


@STEP.exercise
def one_number(train: tuple, validation: tuple, test: tuple) -> Expected:
    """Study: the skill of forecasting the mean relative change of the training part, on the validation and the test part."""

    def changes(part: tuple) -> Tensor:
        x, t = part
        return t / x[:, -1] - 1

    def scored(change: Tensor | float, part: tuple) -> float:
        x, t = part
        return float(skill(t, (x[:, -1] * (1 + change)).expand_as(t), x[:, -1].expand_as(t)))

    def in_prices(part: tuple) -> float:
        (x_train, t_train), (x, t) = train, part
        return float(skill(t, x[:, -1] + (t_train - x_train[:, -1]).mean(dim=0), x[:, -1].expand_as(t)))

    def by_step(part: tuple) -> float:
        x, t = part
        y = x[:, -1] * (1 + learned)
        return float(np.mean([skill(t[:, step], y[:, step], x[:, -1, 0]) for step in range(t.shape[1])]))

    def both(score: Callable[[tuple], float]) -> tuple[float, float]:
        return score(validation), score(test)

    learned = changes(train).mean(dim=0)
    right = both(lambda part: scored(learned, part))
    mistakes = [
        (
            right[::-1],
            "2 つの値が入れかわっています。検証部分が先です。",
            "The two values have changed places: the validation part comes first.",
        ),
        (
            both(lambda part: scored(changes(part).mean(dim=0), part)),
            "採点する部分の変化の平均を使っています。それは予測する日には分かりません。学習部分の平均を使います。",
            "You use the mean change of the part that is scored, which is not known at forecast time. Use that of training.",
        ),
        (
            both(lambda part: scored(changes(train).mean(), part)),
            "すべての期をまとめた平均です。1 期先から HORIZON 期先まで、期ごとに平均します（dim=0）。",
            "That is one mean over all steps. Take a mean for each step ahead (dim=0).",
        ),
        (
            both(in_prices),
            "価格の差を平均しています。価格の水準が違う部分では、割合で測ります。",
            "You average differences of prices. Where the level of prices differs, measure changes as a ratio.",
        ),
        (
            both(lambda part: scored(changes(train).median(dim=0).values, part)),
            "変化の割合の中央値を使っています。平均（mean）を使ってください。",
            "You use the median of the relative changes. Use their mean.",
        ),
        (
            both(lambda part: scored((train[1] / train[0][:, -1]).log().mean(dim=0).exp() - 1, part)),
            "対数をとって平均しています。変化の割合 `t / x[:, -1] - 1` を、そのまま平均してください。",
            "You average logarithms. Average the relative changes `t / x[:, -1] - 1` themselves.",
        ),
        (
            both(lambda part: scored(train[1].mean(dim=0) / train[0][:, -1].mean() - 1, part)),
            "価格を平均してから比をとっています。先に窓ごとの変化の割合を求め、それを平均します。",
            "You average prices before taking the ratio. First find the relative change of each window, then average.",
        ),
        (
            both(by_step),
            "期ごとのスキルを平均しています。全部の期の誤差をまとめて、1 つのスキルを求めます。",
            "You average the skill of each step. Take all steps together and compute one skill.",
        ),
        (
            both(lambda part: scored(changes(train).abs().mean(dim=0), part)),
            "変化の絶対値を平均しています。上げと下げを区別して平均します。",
            "You average the absolute changes. Keep ups and downs apart.",
        ),
    ]
    found = (
        "たった 1 組の数でも、価格が上がった検証部分では勝ち、下がったテスト部分では負けます。検証部分での勝ちは、予測の力の証拠になりません。",
        "A few fixed numbers win on the validation part, where prices rose, and lose on the test part, where they fell. The win on the validation part is no evidence of forecasting skill.",
    )
    return Expected(right, mistakes, found=found if right[0] > 0 > right[1] else ("", ""))
