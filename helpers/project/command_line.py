"""The options of `python -m helpers.project`."""

import argparse
import contextlib
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from helpers.data import SERIES
from helpers.language import text
from helpers.project.trainer import Settings
from helpers.training import TARGETS

PROGRAM = "python -m helpers.project"
COMMAND = {"data": "amazon", "column": "Close", "fallback": None, "epochs": 40}  # settings that are not the trainer's
DEFAULTS = COMMAND | asdict(Settings())


def _number(kind: type, low: float, ja: str, en: str) -> Callable[[str], float]:
    """A type for argparse: numbers of a kind from `low` on, which the two phrases describe."""
    beyond = 2**31 if kind is int else math.inf

    def read(given: str) -> float:
        with contextlib.suppress(ValueError):
            if low <= kind(given) < beyond:
                return kind(given)
        raise argparse.ArgumentTypeError(text(f"{ja}にしてください: {given}", f"{en}: {given}"))

    return read


COUNT = _number(int, 1, "1 以上の整数", "a whole number of 1 or more")
SEED = _number(int, 0, "0 以上の整数", "a whole number of 0 or more")
RATE = _number(float, math.ulp(0.0), "0 より大きい数", "a number above 0")
DECAY = _number(float, 0, "0 以上の数", "a number of 0 or more")
OPTIONS = (
    ("data", str, "系列の名前（下の一覧）か CSV のパス", "name of a series (see below) or path of a CSV"),
    ("fallback", str, "ダウンロードできないときに使う系列", "series to take if --data cannot be downloaded"),
    ("column", str, "予測する列", "column to forecast"),
    ("window", COUNT, "窓の長さ（行数）", "length of the window, in rows"),
    ("horizon", COUNT, "何期先まで予測するか", "steps to forecast"),
    ("target", str, "学ぶもの: 水準、変化、変化の比率", "what is learned: level, change, or change as a share"),
    ("hidden-size", COUNT, "隠れ状態の次元数", "size of the hidden state"),
    ("epochs", COUNT, "エポック数の上限", "epochs at most"),
    ("patience", COUNT, "検証の損失の改善を待つエポック数", "epochs to wait for a better validation loss"),
    ("batch-size", COUNT, "ミニバッチの窓の数", "windows in a mini-batch"),
    ("lr", RATE, "学習率（Adam）", "learning rate (Adam)"),
    ("weight-decay", DECAY, "重み減衰（Adam）", "weight decay (Adam)"),
    ("seed", SEED, "シード（乱数の種）", "random seed"),
)
FILES = (
    ("logdir", Path("runs"), "実行ごとのフォルダーを作る場所", "where each run gets a folder [runs]"),
    ("out", None, "図のファイル。なければ実行のフォルダーの中", "file of the picture [results.png in that folder]"),
)
FLAGS = (
    ("resume", "最後の実行を、終えたエポックから続ける", "go on with the last run, from its last whole epoch"),
    ("test", "検証部分でなくテスト部分の結果を出す", "report on the test part, not on the validation part"),
)


def make_parser() -> argparse.ArgumentParser:
    """Every option; settings not given are absent from the result, so that --resume can take them from the checkpoint."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        add_help=False,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        formatter_class=argparse.RawTextHelpFormatter,
        description=text(
            "LSTM を学習させ、何期も先の価格を予測し、ナイーブ予測と比べます（ステップ 13）。",
            "Train an LSTM, forecast prices several steps ahead, and compare with the naive forecast (step 13).",
            "\n",
        ),
        epilog=f"{text('系列の名前', 'names of series')}: {', '.join(SERIES)}\n"
        + text(
            "終了コード: 0 正常、1 入力やファイルの誤り、2 使い方の誤り、130 Ctrl-C（--resume で続けられます）",
            "exit status: 0 done, 1 bad input or file, 2 wrong usage, 130 Ctrl-C (go on with --resume)",
            "\n",
        ),
    )
    options = parser.add_argument_group(text("設定", "options"))
    for name, kind, ja, en in OPTIONS:
        choices = {"choices": TARGETS} if name == "target" else {"metavar": name.upper().replace("-", "_")}
        default = DEFAULTS[name.replace("-", "_")]
        options.add_argument(f"--{name}", type=kind, help=text(ja, en, "\n") + f" [{default}]", **choices)
    for name, default, ja, en in FILES:
        options.add_argument(f"--{name}", type=Path, default=default, metavar="PATH", help=text(ja, en, "\n"))
    for name, ja, en in FLAGS:
        options.add_argument(f"--{name}", action="store_true", default=False, help=text(ja, en, "\n"))
    options.add_argument("-h", "--help", action="help", help=text("この説明を表示する", "show this help", "\n"))
    return parser
