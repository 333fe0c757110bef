"""What stands at the head of a table or beside a curve: its name in code -> Japanese and English, for all steps in one place."""

import re

# "#" is any number. The columns of the data (Open, Close, ...) are missing on purpose: there the reader writes the name.
WORDS = {
    # scores
    "skill": ("スキル", "skill"),
    "skill of mean": ("平均予測のスキル", "skill of mean"),
    "best lag": ("最良のラグ", "best lag"),
    "R2 of changes": ("変化の R2", "R2 of changes"),
    "directional accuracy": ("方向の正答率", "directional accuracy"),
    "direction": ("方向の正答率", "direction right"),
    "always up": ("いつも上昇", "always up"),
    "Diebold-Mariano p": ("Diebold-Mariano の p", "Diebold-Mariano p"),
    "Holm p": ("p（Holm）", "p (Holm)"),
    "p Holm": ("p（Holm）", "p (Holm)"),
    "p, Holm": ("p（Holm）", "p (Holm)"),
    "baseline RMSE": ("ベースラインの RMSE", "baseline RMSE"),
    "baseline pinball loss": ("ベースラインのピンボール損失", "baseline pinball loss"),
    "RMSE / naive": ("RMSE ÷ ナイーブ予測", "RMSE ÷ naive"),
    "naive RMSE": ("ナイーブ予測の RMSE", "naive RMSE"),
    "naive R2": ("ナイーブ予測の R2", "naive R2"),
    "naive loss": ("ナイーブ予測の損失", "naive loss"),
    "loss": ("損失", "loss"),
    "pinball": ("ピンボール損失", "pinball loss"),
    "coverage": ("被覆率", "coverage"),
    "low coverage": ("下側の被覆率", "low coverage"),
    "high coverage": ("上側の被覆率", "high coverage"),
    "width": ("幅", "width"),
    # intervals and summaries
    "low": ("下限", "low"),
    "high": ("上限", "high"),
    "seeds low": ("下限（シード）", "low (seeds)"),
    "seeds high": ("上限（シード）", "high (seeds)"),
    "days low": ("下限（日）", "low (days)"),
    "days high": ("上限（日）", "high (days)"),
    "weeks low": ("下限（週）", "low (weeks)"),
    "weeks high": ("上限（週）", "high (weeks)"),
    "mean": ("平均", "mean"),
    "min": ("最小", "min"),
    "max": ("最大", "max"),
    "count": ("個数", "count"),
    "median validation": ("検証部分の中央値", "median validation"),
    "median test": ("テスト部分の中央値", "median test"),
    "best validation": ("検証部分の最良", "best validation"),
    "its test": ("そのテスト部分", "its test"),
    "chosen": ("選んだ値", "chosen"),
    "outside": ("学習範囲の外", "outside"),
    # forecasts
    "naive": ("ナイーブ予測", "naive"),
    "linear + LSTM": ("線形回帰 + LSTM", "linear + LSTM"),
    "naive forecast": ("ナイーブ予測", "naive forecast"),
    "LSTM": ("LSTM", "LSTM"),
    "lstm": ("LSTM", "LSTM"),
    "gru": ("GRU", "GRU"),
    "rnn": ("RNN", "RNN"),
    "seasonal naive": ("季節ナイーブ予測", "seasonal naive"),
    "seasonal naive + growth": ("季節ナイーブ予測 + 伸び", "seasonal naive + growth"),
    "drift": ("ドリフト予測", "drift"),
    "previous open": ("前日の始値", "previous open"),
    "previous close": ("前日の終値", "previous close"),
    "yesterday's change": ("昨日の変化", "yesterday's change"),
    "linear": ("線形回帰", "linear"),
    "linear regression": ("線形回帰", "linear regression"),
    "linear expanding": ("線形回帰、拡大窓", "linear, expanding"),
    "linear sliding": ("線形回帰、スライド窓", "linear, sliding"),
    "LSTM expanding": ("LSTM、拡大窓", "LSTM, expanding"),
    "LSTM sliding": ("LSTM、スライド窓", "LSTM, sliding"),
    "LSTM on EWM": ("EWM を土台にした LSTM", "LSTM on EWM"),
    "EWM range": ("値幅の EWM", "EWM range"),
    "empirical": ("経験分位点", "empirical"),
    "conformal": ("コンフォーマル予測", "conformal"),
    "direct": ("直接", "direct"),
    "recursive": ("再帰", "recursive"),
    "encoder-decoder": ("エンコーダ・デコーダ", "encoder-decoder"),
    "actual": ("実際の値", "actual"),
    # parts of the data, and what is forecast
    "train": ("学習部分", "training"),
    "training": ("学習部分", "training"),
    "validation": ("検証部分", "validation"),
    "test": ("テスト部分", "test"),
    "whole target": ("目標の全体", "whole target"),
    "the days ahead": ("先の日だけ", "the days ahead"),
    "the input, shifted by a day": ("1 日ずらした入力", "the input, shifted by a day"),
    "level": ("水準", "level"),
    "change": ("変化", "change"),
    "relative": ("変化の割合", "relative change"),
    "day": ("日", "day"),
    "week": ("週", "week"),
    "rest": ("残り", "rest"),
    "range": ("値幅", "range"),
    "price": ("価格", "price"),
    "share": ("割合", "share"),
    "no leak": ("リークなし", "no leak"),
    "noisy": ("雑音あり", "noisy"),
    "clean": ("雑音なし", "clean"),
    "as they are": ("元のまま", "as they are"),
    "today shuffled": ("今日の値を混ぜる", "today shuffled"),
    "strong Wolfe": ("強い Wolfe 条件", "strong Wolfe"),
    "smallest, trained": ("学習したモデルの最小", "smallest, trained"),
    "none": ("なし", "none"),
    "float64": ("float64", "float64"),
    # what a row or a column is of
    "series": ("系列", "series"),
    "model": ("モデル", "model"),
    "baseline": ("ベースライン", "baseline"),
    "lag": ("ラグ", "lag"),
    "lag #": ("ラグ #", "lag #"),
    "step": ("何期先", "steps ahead"),
    "seed": ("シード", "seed"),
    "seed #": ("シード #", "seed #"),
    "epoch": ("エポック", "epoch"),
    "epochs": ("エポック数", "epochs"),
    "# epochs": ("# エポック", "# epochs"),
    "# Q#": ("# 年第 # 四半期", "# Q#"),
    "windows": ("窓の数", "windows"),
    "# cores": ("# コア", "# cores"),
    "cores": ("コア数", "cores"),
    "# refits a job": ("1 仕事に学習 # 回", "# refits a job"),
    "ms a step": ("1 回の更新 [ms]", "a step [ms]"),
    "µs a window": ("1 窓あたり [µs]", "a window [µs]"),
    "block #": ("ブロックの長さ # でのスキル", "skill with blocks of #"),
    "recurrent layer": ("再帰層", "recurrent layer"),
    "whole model": ("モデル全体", "whole model"),
    "shape of y": ("y の形", "shape of y"),
    # settings and trials
    "window": ("窓の長さ", "window"),
    "hidden_size": ("隠れ状態の次元数", "hidden size"),
    "num_layers": ("層の数", "layers"),
    "lr": ("学習率", "learning rate"),
    "target": ("予測するもの", "target"),
    "trial": ("試行", "trial"),
    "worker": ("ワーカー", "worker"),
    "state": ("状態", "state"),
    "start": ("開始", "start"),
    "end": ("終了", "end"),
    "retry of": ("やり直した試行", "retry of"),
    # series that have a name
    "nikkei225": ("日経平均株価", "Nikkei 225"),
    "amazon": ("Amazon", "Amazon"),
    "ibm": ("IBM", "IBM"),
    "usdjpy": ("ドル円", "US dollar in yen"),
    "electricity": ("電力消費", "electricity"),
    "electricity #": ("電力消費 # 年", "electricity #"),
    "co2": ("CO2", "CO2"),
    "sine": ("正弦波", "sine wave"),
    "random_walk": ("ランダムウォーク", "random walk"),
    "ar1": ("AR(1)", "AR(1)"),
    "toy": ("小さな系列", "toy"),
    "final exam": ("最後の試験", "final exam"),
}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
BETWEEN = {": ": ": ", ", ": "、"}  # marks between two names, in English and in Japanese


def words(name: str) -> tuple[str, str]:
    """The Japanese and the English words for a name, or the name itself twice where it is a reader's own.

    A name with numbers, "lag 3", is found under "lag #"; names in a row, "LSTM, level", where every one of them is known.
    """
    return _known(name) or (name, name)


def _known(name: str) -> tuple[str, str] | None:
    if name in WORDS:
        return WORDS[name]
    pattern, numbers = NUMBER.sub("#", name), NUMBER.findall(name)
    if pattern in WORDS:
        ja, en = (found.replace("#", "{}").format(*numbers) for found in WORDS[pattern])
        return ja, en
    for english, japanese in BETWEEN.items():
        if english in name and all(parts := [_known(part) for part in name.split(english)]):
            return japanese.join(ja for ja, _ in parts), english.join(en for _, en in parts)
    return None
