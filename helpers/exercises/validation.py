"""Step 05: what is asked before its results, and what its exercises expect. More than 200 lines: every mistake has two sentences."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from helpers.data import generate, load_prices
from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step
from helpers.validation import lag_profile, rmse, skill
from helpers.windows import make_windows

QUESTIONS = {
    "r2": Question(
        "テスト部分での R2 は、どのくらいになると思いますか。1 が完全な予測です。",
        "What R2 do you expect on the test part? A perfect forecast scores 1.",
        [
            (lambda r2: r2 < 0.5, "0.5 より小さい", "below 0.5"),
            (lambda r2: r2 < 0.8, "0.5 から 0.8", "0.5 to 0.8"),
            (lambda r2: r2 >= 0.8, "0.8 以上", "0.8 or more"),
        ],
    ),
    "day": Question(
        "星は、どの日の実際の価格に最も近いと思いますか。拡大図で、価格が大きく動いた日を探してください。",
        "Which day's actual price are the stars closest to? In the enlarged part, look for a day with a large move.",
        [
            (0, "その日", "the same day"),
            (1, "前の日", "the day before"),
            (2, "2 日前", "two days before"),
            (lambda lag: lag > 2, "もっと前の日", "an earlier day"),
        ],
    ),
    "skill": Question(
        "LSTM のスキルは、どのくらいだと思いますか。",
        "What skill do you expect of the LSTM?",
        [
            (lambda skill: skill > 0.5, "0.5 より大きい（誤差は半分未満）", "above 0.5: less than half the error"),
            (lambda skill: skill > 0.05, "0.05 から 0.5", "0.05 to 0.5"),
            (lambda skill: skill >= -0.05, "ほぼ 0（−0.05 から 0.05）", "about 0, from −0.05 to 0.05"),
            (
                lambda skill: skill < -0.05,
                "−0.05 より小さい（ナイーブ予測より悪い）",
                "below −0.05: worse than the naive forecast",
            ),
        ],
    ),
    "chance": Question(
        "この差は、シードとテスト期間の偶然だけでも生じると思いますか。",
        "Could chance in the seed and in the test period alone make such a difference?",
        [
            (lambda p: p >= 0.05, "偶然と区別できない", "it cannot be told from chance"),
            (lambda p: p < 0.05, "偶然とは言えない", "it is more than chance"),
        ],
    ),
    "recipe": Question(
        "大きなモデルを 8,000 エポック学習させると、最良のラグはいくつになると思いますか。",
        "With a large model trained for 8,000 epochs, which best lag do you expect?",
        [
            (0, "0（遅れない）", "0: no lag"),
            (1, "1（変わらない）", "1: no change"),
            (lambda lag: lag > 1, "2 以上（もっと遅れる）", "2 or more: a longer lag"),
        ],
    ),
}

ALL, EARLY, LATE = slice(None), slice(None, -1), slice(1, None)  # days: all, but the last, but the first

STEP = Step("05_validation", ("検証", "Validation"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


@STEP.exercise
def sine(actual: np.ndarray, y: np.ndarray, actual_sine: np.ndarray, y_sine: np.ndarray) -> Expected:
    """Observe: the best lags of the forecasts of the reader's series and of a sine wave.

    Both, because on the sine wave alone the arguments of lag_profile may change places and the best lag stays 0.
    """
    if not np.allclose(actual_sine, load_prices("sine")["Close"][-len(actual_sine) :]):
        raise ValueError("actual_sine")
    profiles = [lag_profile(actual, y), lag_profile(actual_sine, y_sine)]
    own, wave = (profile.idxmin() for profile in profiles)
    mistakes = [
        (
            (lag_profile(y, actual).idxmin(), lag_profile(y_sine, actual_sine).idxmin()),
            "`lag_profile` の引数が入れかわっているか、正弦波の表を 2 回読んでいます。実際の価格が先、予測があとです。",
            "Either the arguments of `lag_profile` have changed places (actual prices first, then forecasts), or you read the table of the sine wave twice.",
        ),
        (
            (wave, own),
            "2 つの値が入れかわっています。自分の系列のラグが先、正弦波のラグがあとです。",
            "The two values have changed places: the lag of your series comes first, then that of the sine wave.",
        ),
        (
            tuple(profile.idxmax() for profile in profiles),
            "それは、RMSE が最も大きいラグです。最良のラグでは、RMSE が最も小さくなります。",
            "Those are the lags with the largest RMSE. At the best lag the RMSE is smallest.",
        ),
        (
            tuple(profile.min() for profile in profiles),
            "それは、最小の RMSE そのものです。その RMSE になる k を答えてください。",
            "Those are the smallest RMSE themselves. Answer with the k at which each is reached.",
        ),
        (
            (own + 1, wave + 1),
            "k を 1 から数えています。表の左の列が k で、0 が同じ日です。",
            "You count k from 1. The left column of the table is k: 0 is the same day.",
        ),
        (
            (own, own),
            "2 つめも、自分の系列の表の値です。`actual_sine` と `y_sine` の表を読んでください。",
            "The second is read off the table of your own series too. Read that of `actual_sine` and `y_sine`.",
        ),
    ]
    found = (
        "正弦波では、過去の値から次の変化が決まるので、予測は遅れません。",
        "In a sine wave the past values determine the next change, so the forecast does not lag.",
    )
    return Expected((own, wave), mistakes, found=found)


@STEP.exercise
def two_days_back(actual: np.ndarray, x: Tensor) -> Expected:
    """Write: the skill of "tomorrow's price is yesterday's"."""
    naive, yesterday, earlier = (x[:, -back, 0].numpy() for back in (1, 2, 3))

    def mae(a: np.ndarray, f: np.ndarray) -> float:
        return np.abs(a - f).mean()

    mistakes = [
        (
            skill(actual, naive, yesterday),
            "2 つの予測が入れかわっています。割る数（基準）は、ナイーブ予測の RMSE です。",
            "The two forecasts have changed places. The RMSE to divide by is that of the naive forecast.",
        ),
        (
            skill(actual, earlier, naive),
            "もう 1 日前の値を使っています。昨日の価格は、窓の最後から 2 番目です。",
            "That is one day too far back. Yesterday's price is the second-to-last value of the window.",
        ),
        (
            skill(actual, naive, naive),
            "使っているのは今日の価格、つまりナイーブ予測そのものです。昨日の価格は、窓の最後から 2 番目です。",
            "You take today's price, which is the naive forecast itself. Yesterday's is the second-to-last of the window.",
        ),
        (
            rmse(actual, yesterday) / rmse(actual, naive),
            "これは誤差の比です。スキルは、1 からこの比を引いた値です。",
            "This is the ratio of the errors. The skill is 1 minus this ratio.",
        ),
        (
            1 - (rmse(actual, yesterday) / rmse(actual, naive)) ** 2,
            "平方根をとる前の、平均二乗誤差の比を使っています。スキルは RMSE の比で求めます。",
            "You use mean squared errors, before the square root. The skill is made from RMSE.",
        ),
        (
            1 - mae(actual, yesterday) / mae(actual, naive),
            "絶対誤差（MAE）の比を使っています。スキルは RMSE の比で求めます。",
            "You use absolute errors (MAE). The skill is made from RMSE.",
        ),
    ]
    found = (
        "ナイーブ予測より 1 日古い値を使うので、誤差は大きくなり、スキルは負です。",
        "It uses a value one day older than the naive forecast does, so its error is larger and the skill negative.",
    )
    right = skill(actual, yesterday, naive)
    return Expected(right, mistakes, found=found if right < 0 else ("", ""))


def scaled_error(actual: np.ndarray, predicted: np.ndarray, train: np.ndarray) -> float:
    """MASE (Hyndman & Koehler 2006) of n forecasts; `train` is the training series."""
    return np.abs(actual - predicted).mean() / np.abs(np.diff(train)).mean()


@STEP.exercise
def mase() -> Expected:
    """Write: the function of the same name."""

    def by_the_test_part(actual, predicted, train):
        return np.abs(actual - predicted).mean() / np.abs(np.diff(actual)).mean()

    def by_the_level(actual, predicted, train):
        return np.abs(actual - predicted).mean() / np.abs(train).mean()

    def by_the_mean_change(actual, predicted, train):
        return np.abs(actual - predicted).mean() / np.abs(np.diff(train).mean())

    def of_squares(actual, predicted, train):
        return np.sqrt(np.mean((actual - predicted) ** 2)) / np.sqrt(np.mean(np.diff(train) ** 2))

    def without_absolute_value(actual, predicted, train):
        return np.mean(actual - predicted) / np.abs(np.diff(train)).mean()

    def of_sums(actual, predicted, train):
        return np.abs(actual - predicted).sum() / np.abs(np.diff(train)).sum()

    def upside_down(actual, predicted, train):
        return np.abs(np.diff(train)).mean() / np.abs(actual - predicted).mean()

    mistakes = [
        (
            by_the_test_part,
            "テスト部分の変化で割っています。割る数は、学習部分 train から求めます。テスト部分を使うと、値動きの違いが見えなくなります。",
            "You divide by the changes of the test part. Take them from train: with the test part, a difference in moves is hidden.",
        ),
        (
            by_the_level,
            "価格の水準で割っています。ナイーブ予測の誤差は、1 日の変化の大きさです。",
            "You divide by the level of the prices. The error of the naive forecast is the size of a daily change.",
        ),
        (
            by_the_mean_change,
            "変化を平均してから絶対値をとっています。上げと下げが打ち消し合うので、先に絶対値をとります。",
            "You average the changes before taking the absolute value. Ups and downs cancel: take the absolute value first.",
        ),
        (
            of_squares,
            "二乗誤差で計算しています。MASE は、絶対誤差の平均の比です。",
            "You compute with squared errors. MASE is a ratio of mean absolute errors.",
        ),
        (
            without_absolute_value,
            "予測誤差の絶対値をとっていません。正と負の誤差が打ち消し合います。",
            "The forecast errors lack their absolute value: positive and negative ones cancel.",
        ),
        (
            of_sums,
            "合計どうしの比になっています。日数が違うので、それぞれの平均の比を求めます。",
            "That is a ratio of sums. The numbers of days differ: take the ratio of the means.",
        ),
        (
            upside_down,
            "比が逆さまです。モデルの MAE を、ナイーブ予測の MAE で割ります。",
            "The ratio is upside down. Divide the model's MAE by that of the naive forecast.",
        ),
    ]
    random = np.random.default_rng(0)
    prices = 100 + random.normal(size=60).cumsum()
    inputs = [
        (np.array([3.0, 5.0]), np.array([2.0, 7.0]), np.array([1.0, 2.0, 4.0, 3.0])),
        (np.array([10.0, 9.0, 4.0]), np.array([10.0, 10.0, 9.0]), np.array([5.0, 3.0, 5.0, 9.0])),
        (prices[40:], prices[39:-1] + random.normal(size=20), prices[:40]),
    ]
    return Expected(scaled_error, mistakes, inputs)


@STEP.exercise
def too_good(series: pd.Series, window: int) -> Expected:
    """Find the bug: forecasts moved back by one day before they are scored."""

    def score(series, window, forecast, rows=ALL, own=ALL, last=ALL):
        x, t = make_windows(series, window)
        x, actual = x[-100:], t[-100:, 0].numpy()
        return skill(actual[rows], forecast(x)[:, 0].numpy()[own], x[:, -1, 0].numpy()[last])

    def as_given(series, window, forecast):
        return score(series, window, forecast, EARLY, LATE, EARLY)

    def one_day_less(series, window, forecast):
        return score(series, window, forecast, EARLY, EARLY, EARLY)

    def naive_moved(series, window, forecast):
        return score(series, window, forecast, EARLY, EARLY, LATE)

    def without_the_first(series, window, forecast):
        return score(series, window, forecast, LATE, LATE, LATE)

    def moved_the_other_way(series, window, forecast):
        return score(series, window, forecast, LATE, EARLY, LATE)

    mistakes = [
        (
            as_given,
            "まだ、なぞっただけの予測に高いスキルが付きます。予測の i 番目と実際の価格の i 番目が、同じ日かどうかを確かめてください。",
            "A forecast that only copies still gets a high skill. Are the i-th forecast and the i-th actual price of the same day?",
        ),
        (
            one_day_less,
            "同じ日どうしを比べていますが、最後の 1 日が落ちています。ずらさなければ、100 日すべてを採点できます。",
            "The days match now, but the last one is missing. Without any shift all 100 days are scored.",
        ),
        (
            without_the_first,
            "同じ日どうしを比べていますが、最初の 1 日が落ちています。ずらさなければ、100 日すべてを採点できます。",
            "The days match now, but the first one is missing. Without any shift all 100 days are scored.",
        ),
        (
            naive_moved,
            "実際の価格とナイーブ予測が、同じ値になりました。どちらかが 1 日ずれています。誤差が 0 なので、スキルが決まりません。",
            "The actual prices and the naive forecast are now the same values: one of the two is moved by a day. With an error of 0 the skill is not defined.",
        ),
        (
            moved_the_other_way,
            "今度は反対の向きに 1 日ずれています。予測は、その日の価格のために作られています。",
            "Now it is moved by one day in the other direction. A forecast is made for the price of its own day.",
        ),
    ]

    def mean_of_the_last_two(x: Tensor) -> Tensor:
        return (x[:, -1] + x[:, -2]) / 2

    def same_as_yesterday(x: Tensor) -> Tensor:
        return x[:, -2]

    def mean_of_the_window(x: Tensor) -> Tensor:
        return x.mean(dim=1)

    found = (
        "予測を 1 日戻すと、その日の価格を見たあとの予測と比べることになります。これは、未来を使った成績です。",
        "Moved back by a day, a forecast is scored on a price that it has seen: the score uses the future.",
    )
    inputs = [(series, window, f) for f in (mean_of_the_last_two, mean_of_the_window, same_as_yesterday)]
    inputs.append((generate("random_walk", 300, 1)["Close"], window + 3, mean_of_the_window))
    return Expected(score, mistakes, inputs, found)


@STEP.exercise
def out_of_range(actual: np.ndarray, y: np.ndarray, naive: np.ndarray, t_train: Tensor) -> Expected:
    """Study: a function for the skill on days within and outside the range of the training targets.

    On the random walk all days outside lie below the range. In the other inputs some lie above it too, and values fall
    on the ends of the range.
    """
    if not np.allclose(actual, load_prices("random_walk")["Close"][-len(actual) :]):
        raise ValueError("actual_walk")

    def inside(prices: np.ndarray, t_train: Tensor) -> np.ndarray:
        return (prices >= t_train.min().item()) & (prices <= t_train.max().item())

    def of(actual: np.ndarray, y: np.ndarray, naive: np.ndarray, rows: np.ndarray) -> float:
        return skill(actual[rows], y[rows], naive[rows]) if rows.any() else np.nan

    def both(actual, y, naive, t_train, days=inside, score=of):
        within = days(actual, t_train)
        return score(actual, y, naive, within), score(actual, y, naive, ~within)

    def changed_places(actual, y, naive, t_train):
        return both(actual, y, naive, t_train)[::-1]

    def above_only(actual, y, naive, t_train):
        return both(actual, y, naive, t_train, lambda prices, t_train: prices <= t_train.max().item())

    def below_only(actual, y, naive, t_train):
        return both(actual, y, naive, t_train, lambda prices, t_train: prices >= t_train.min().item())

    def strictly(actual, y, naive, t_train):
        return both(
            actual, y, naive, t_train,
            lambda prices, t_train: (prices > t_train.min().item()) & (prices < t_train.max().item()),
        )  # fmt: skip

    def by_the_forecast(actual, y, naive, t_train):
        return both(actual, y, naive, t_train, lambda prices, t_train: inside(y, t_train))

    def naive_of_all(actual, y, naive, t_train):
        def score(actual, y, baseline, rows):
            return 1 - rmse(actual[rows], y[rows]) / rmse(actual, baseline)

        return both(actual, y, naive, t_train, score=score)

    def squares(actual, y, naive, t_train):
        return tuple(1 - (1 - value) ** 2 for value in both(actual, y, naive, t_train))

    def errors(actual, y, naive, t_train):
        return both(actual, y, naive, t_train, score=lambda actual, y, naive, rows: rmse(actual[rows], y[rows]))

    mistakes = [
        (
            changed_places,
            "2 つの値が入れかわっています。先に、範囲の中の日のスキルを返します。",
            "The two values have changed places: the skill on days within the range comes first.",
        ),
        (
            below_only,
            "最小値しか見ていません。最大値より上の日も、範囲の外です。この系列にはなくても、ほかの系列にはあります。",
            "Only the smallest target is looked at. Days above the largest are outside too; other series have some, though this one has none.",
        ),
        (
            above_only,
            "最大値しか見ていません。最小値より下の日も、範囲の外です。",
            "Only the largest target is looked at. Days below the smallest are outside too.",
        ),
        (
            strictly,
            "最小値や最大値にちょうど等しい日を、範囲の外にしています。等しい日は、範囲の中に数えます。",
            "You put days that exactly equal the smallest or the largest target outside. They lie within the range.",
        ),
        (
            naive_of_all,
            "ナイーブ予測の RMSE を、すべての日で計算しています。選んだ日だけで、両方の RMSE を求めます。",
            "You take the naive forecast's RMSE over all days. Compute both RMSE on the chosen days only.",
        ),
        (
            by_the_forecast,
            "予測 y の値で日を選んでいます。実際の価格 actual が範囲の中にあるかどうかで選びます。",
            "You choose the days by the forecast y. Choose them by whether actual lies in the range.",
        ),
        (
            squares,
            "平方根をとる前の、平均二乗誤差の比を使っています。スキルは RMSE の比で求めます。",
            "You use mean squared errors, before the square root. The skill is made from RMSE.",
        ),
        (
            errors,
            "これは RMSE です。同じ日のナイーブ予測の RMSE と比べて、スキルにしてください。",
            "These are RMSE. Compare them with the naive forecast's on the same days to get the skill.",
        ),
    ]
    found = (
        "LSTM の隠れ状態は −1 から 1 までなので、学習部分の範囲の外では出力が追いつきません。ステップ 06 では、水準のかわりに変化を予測します。",
        "An LSTM's hidden state lies between −1 and 1, so its output cannot follow outside the training range. Step 06 forecasts changes instead.",
    )
    random = np.random.default_rng(0)
    prices = 100 + 3 * random.normal(size=60).cumsum()
    targets = torch.tensor(np.sort(prices)[[20, 15, 45, 30]][:, None])  # two of the prices are the ends of its range
    inputs = [(actual, y, naive, t_train), (prices[1:], prices[:-1] + random.normal(size=59), prices[:-1], targets)]
    return Expected(both, mistakes, inputs, found)
