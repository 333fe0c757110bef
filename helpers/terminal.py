"""The project of step 11 from the terminal: python -m helpers.training. Only words and files; the work is in `project`."""

import argparse
import contextlib
import math
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from helpers.data import SERIES, load_prices
from helpers.language import both, say, text
from helpers.project import METRICS, SCALES, Trainer, by_horizon, conclusion, difference, load_checkpoint, save_checkpoint

PROGRAM = "python -m helpers.training"
INTERRUPTED = 130  # what shells expect of a program that Ctrl-C ended
DEFAULTS = {
    "data": "amazon", "column": "Close", "window": 30, "horizon": 14, "target": "change", "hidden_size": 16, "epochs": 40,
    "patience": 5, "batch_size": 128, "lr": 3e-3, "weight_decay": 1e-3, "seed": 0,
}  # fmt: skip


# The command line


def _whole(low: int) -> Callable[[str], int]:
    def number(given: str) -> int:
        with contextlib.suppress(ValueError):
            if low <= int(given) < 2**31:
                return int(given)
        raise argparse.ArgumentTypeError(text(f"{low} 以上の整数にしてください: {given}", f"a whole number of {low} or more: {given}"))

    return number


def _real(zero: bool) -> Callable[[str], float]:
    def number(given: str) -> float:
        with contextlib.suppress(ValueError):
            if math.isfinite(float(given)) and (float(given) > 0 or zero and float(given) == 0):
                return float(given)
        bound = ("0 以上の", "a number of 0 or more") if zero else ("0 より大きい", "a number above 0")
        raise argparse.ArgumentTypeError(text(f"{bound[0]}数にしてください: {given}", f"{bound[1]}: {given}"))

    return number


def make_parser() -> argparse.ArgumentParser:
    """Every option; those not given are absent from the result, so that --resume can take them from the checkpoint."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False,
        formatter_class=argparse.RawTextHelpFormatter,
        description=text("LSTM を学習させ、何期も先の価格を予測し、ナイーブ予測と比べます（ステップ 11）。",
                         "Train an LSTM, forecast prices several steps ahead, and compare with the naive forecast (step 11).", "\n"),
        epilog=f"{text('系列の名前', 'names of series')}: {', '.join(SERIES)}\n" + text("終了コード: 0 正常、1 入力やファイルの誤り、2 使い方の誤り、130 Ctrl-C（--resume で続けられます）",
                    "exit status: 0 done, 1 bad input or file, 2 wrong usage, 130 Ctrl-C (go on with --resume)", "\n"),
    )  # fmt: skip
    options = parser.add_argument_group(text("設定", "options"))
    for name, kind, ja, en in (
        ("data", str, "系列の名前（下にあります）か、CSV のパス", "name of a series (see below), or path of a CSV"),
        ("column", str, "予測する列", "column to forecast"),
        ("window", _whole(1), "窓の長さ。日々の価格なら日数", "rows that the model sees: days, where prices are daily"),
        ("horizon", _whole(1), "何期先まで予測するか", "rows to forecast"),
        ("target", str, "学ぶもの: change は最後の価格からの変化、level は価格そのもの", "what is learned: change from the last price, or level"),
        ("hidden-size", _whole(1), "隠れ状態の大きさ", "size of the hidden state"),
        ("epochs", _whole(1), "エポック数の上限", "epochs at most"),
        ("patience", _whole(1), "検証の損失がこの数のエポックだけ良くならなければ止める", "stop after so many epochs without a better validation loss"),
        ("batch-size", _whole(1), "ミニバッチの大きさ", "windows in a mini-batch"),
        ("lr", _real(False), "学習率（Adam）", "learning rate (Adam)"),
        ("weight-decay", _real(True), "重み減衰（Adam）", "weight decay (Adam)"),
        ("seed", _whole(0), "乱数の種", "seed of the random numbers"),
    ):  # fmt: skip
        choices = {"choices": list(SCALES)} if name == "target" else {"metavar": name.upper().replace("-", "_")}
        default = DEFAULTS[name.replace("-", "_")]
        options.add_argument(f"--{name}", type=kind, help=text(ja, en, "\n") + f" [{default}]", **choices)
    options.add_argument("--logdir", type=Path, default=Path("runs"), metavar="DIR", help=text(
        "記録の置き場所。1 回ごとに run-001 のようなフォルダーができます", "where the records go, each run in a folder such as run-001", "\n") + " [runs]")
    options.add_argument("--out", type=Path, default=Path("results.png"), metavar="PNG",
                         help=text("テスト部分の予測の図", "picture of the forecasts on the test part", "\n") + " [results.png]")
    options.add_argument("--resume", action="store_true", default=False, help=text(
        "最後の実行を、最後に終えたエポックから続ける", "go on with the last run, from its last whole epoch", "\n"))
    options.add_argument("-h", "--help", action="help", help=text("この説明を表示する", "show this help"))
    return parser


# Files


def find_run(logdir: Path) -> Path:
    """`logdir` itself if it holds a checkpoint, else its newest run that has one. Raises ValueError where there is none."""
    runs = sorted(logdir.glob("run-*/checkpoint.pt"), key=lambda file: (len(file.parent.name), file.parent.name))
    for file in (logdir / "checkpoint.pt", *runs[::-1]):
        if file.exists():
            return file.parent
    raise ValueError(both(f"{logdir} に、続けられる実行がありません。--resume なしで始めてください。",
                          f"there is no run to go on with in {logdir}. Start without --resume."))  # fmt: skip


def new_run(logdir: Path) -> Path:
    """A fresh folder run-001, run-002, ... : no run ever overwrites another. Raises ValueError where none can be made."""
    number = 1 + max((int(run.name[4:]) for run in logdir.glob("run-*") if run.name[4:].isdigit()), default=0)
    while True:
        run = logdir / f"run-{number:03}"
        try:
            run.mkdir(parents=True)
            return run
        except FileExistsError:
            if not run.is_dir():  # logdir is a file
                raise ValueError(_unwritable(logdir, text("フォルダーではありません", "not a folder"))) from None
            number += 1  # another run began in the same moment
        except OSError as error:
            raise ValueError(_unwritable(logdir, error.strerror)) from None


def _unwritable(logdir: Path, why: str) -> str:
    return both(f"{logdir} に書き込めません（{why}）。--logdir を変えてください。", f"cannot write to {logdir} ({why}). Choose another --logdir.")


def check_out(out: Path) -> None:
    """Raise ValueError now, and not after the training, when no picture can be written there."""
    try:
        if out.suffix.lower() != ".png" or out.is_dir():
            raise ValueError(both(f"図を {out} に書けません。.png で終わるファイル名にしてください（--out）。",
                                  f"cannot write the picture to {out}: --out must be a file name that ends in .png."))  # fmt: skip
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise ValueError(both(f"図を {out} に書けません（{error.strerror}）。--out を変えてください。",
                              f"cannot write the picture to {out} ({error.strerror}). Choose another --out."))  # fmt: skip


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until the block is done, so that a whole epoch is recorded and saved, or not at all."""
    came: list = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


class Record:
    """TensorBoard's event file of a run and its checkpoint. After every epoch first the one, then the other.

    In this order a process killed in between leaves too much in the event file, never too little; `purge_step` then tells
    the reader of the file to forget what comes after the checkpoint.
    """

    def __init__(self, run: Path, settings: dict, resumed_at: int | None):
        from torch.utils.tensorboard import SummaryWriter  # two seconds: not for --help, nor for a mistake in the input
        from torch.utils.tensorboard.summary import hparams

        self.file, self.settings = run / "checkpoint.pt", settings
        self.writer = SummaryWriter(str(run), purge_step=None if resumed_at is None else resumed_at + 1)
        for summary in hparams(settings, {"loss/validation": 0.0, "RMSE/validation": 0.0}):  # add_hparams would open a run of its own
            self.writer.file_writer.add_summary(summary)
        self.writer.flush()

    def save(self, trainer: Trainer, row: dict) -> None:
        for name, value in row.items():
            if name not in ("epoch", "seconds"):
                self.writer.add_scalar(name, value, row["epoch"])
        self.writer.flush()  # waits until the lines are in the file
        save_checkpoint(trainer.state() | {"command": self.settings}, self.file)


# The run


def _padded(words: str, width: int) -> str:
    """`words` and blanks up to `width` columns of a terminal, where a Japanese character takes two."""
    return words + " " * (width - sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in words))


def _heading() -> str:
    parts = "".join(f"| {_padded(text(*part), 37)}" for part in (("学習", "training"), ("検証", "validation")))
    names = "".join(f"{name[:3] if name == 'direction' else name:>7}" for name in METRICS)
    return (
        text("dir: 方向が合った割合、NRMSE: RMSE ÷（最高 − 最低）、*: 検証の損失がこれまでで最小",
             "dir: share of directions right, NRMSE: RMSE / (highest - lowest), *: best validation loss so far", "\n")
        + f"\n{'':18}{parts}".rstrip() + f"\n    epoch    loss |{names}  |{names}"
    )  # fmt: skip


def _cell(value: float) -> str:
    """A number in six columns where it can be: 1760 and 4.16e6, not 1.76e+03 and 4.16e+06."""
    if 1e3 <= abs(value) < 1e6:
        return f"{value:.0f}"
    shown = [f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e") for digits in (3, 2)]
    return shown[len(shown[0]) > 6]


def _line(row: dict, limit: int, best: bool) -> str:
    """One epoch in one line of less than 100 columns; the star marks the best validation loss so far."""
    parts = "".join("|" + "".join(f" {_cell(row[f'{name}/{part}']):>6}" for name in METRICS) + "  " for part in ("train", "validation"))
    return f"{row['epoch']:>4}/{limit:<4} {row['loss']:>7.4f} {parts}{'*' if best else ''}".rstrip()


class _Patience:
    """After the first Ctrl-C `asked` is True, so that the epoch under way can be finished; a second one interrupts it.

    An exception raised in the middle of an epoch can get lost: Python swallows it in destructors and in callbacks of torch.
    """

    def __enter__(self) -> "_Patience":
        self.asked, self.before = False, signal.getsignal(signal.SIGINT)
        if self.before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)


def _train(trainer: Trainer, record: Record, limit: int) -> None:
    columns, lines = shutil.get_terminal_size()  # which has an answer too where the terminal does not tell its size
    with _Patience() as patience, tqdm(total=limit, initial=trainer.epoch, disable=not sys.stderr.isatty(), leave=False, ncols=columns - 1, nrows=lines,
              desc=text("学習中", "training"), unit=" epoch") as bar:  # fmt: skip
        tqdm.write(_heading(), file=sys.stdout)
        epochs = trainer.epochs(limit)
        while not patience.asked and (row := next(epochs, None)):
            with _undisturbed():
                record.save(trainer, row)
                tqdm.write(_line(row, limit, trainer.stopping.best_epoch == row["epoch"]), file=sys.stdout)
                sys.stdout.flush()
                bar.update()
    if patience.asked:
        raise KeyboardInterrupt
    if trainer.stopped:
        best = trainer.stopping.best_epoch
        say(f"エポック {best} のあと検証の損失が良くならないので、止めました。", f"Stopped: no better validation loss since epoch {best}.")


def _report(trainer: Trainer, prices: pd.DataFrame, out: Path) -> None:
    """The test part, once, with the weights of the best epoch: a table, a sentence and the picture."""
    from helpers import plots

    actual, forecasts = trainer.compare("test")
    table = by_horizon(actual, forecasts)
    steps = sorted({1, min(7, len(table)), len(table)})
    say(f"テスト部分（{len(actual)} 個の窓）の RMSE。重みはエポック {trainer.stopping.best_epoch} のもの:",
        f"RMSE on the test part ({len(actual)} windows), weights of epoch {trainer.stopping.best_epoch}:")
    print(table.loc[steps].to_string(float_format=lambda number: f"{number:.4g}"))
    say(*conclusion(table, difference(actual, forecasts["LSTM"], forecasts["naive"])))
    dates = prices.index[-(len(actual) + len(table) - 1) :]
    picture = plots.forecasts_ahead(dates, actual, forecasts["LSTM"], prices.attrs).png()
    temporary = out.with_suffix(f".{os.getpid()}.tmp")  # a name that no file of the reader's has
    try:
        temporary.write_bytes(picture)
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    say(f"図: {out}", f"picture: {out}")


def _how_to_go_on(run: Path, out: Path, epoch: int) -> None:
    command = f"{PROGRAM} --logdir {shlex.quote(str(run))} --resume" + (f" --out {shlex.quote(str(out))}" if str(out) != "results.png" else "")
    say(f"止めました。エポック {epoch} まで保存してあります。続けるには:", f"Stopped. Saved up to epoch {epoch}. To go on:")
    print(f"  {command}", flush=True)


def run(logdir: Path, out: Path, resume: bool, **given: object) -> int:
    """Everything from the data to the picture. Returns the exit status; raises ValueError for bad input."""
    check_out(out)
    folder = find_run(logdir) if resume else None
    state = load_checkpoint(folder / "checkpoint.pt") if folder else {}
    settings = DEFAULTS | state.get("command", {}) | given
    name, column, limit = settings["data"], settings["column"], settings["epochs"]
    prices = load_prices(name, fallback="ibm" if name in SERIES and SERIES[name].symbol and name != "ibm" else None)
    if column not in prices:
        raise ValueError(both(f"{name} に {column} の列はありません。あるのは {', '.join(prices)} です。",
                              f"{name} has no column {column}; it has {', '.join(prices)}."))  # fmt: skip
    model = {key: value for key, value in settings.items() if key not in ("data", "column", "epochs")}
    trainer = Trainer(prices[column], **model)
    if folder:
        trainer.restore(state)
    sizes = {part: len(x) for part, (x, _) in trainer.parts.items()}
    ja, en = prices.attrs["title_ja"], prices.attrs["title_en"]
    try:
        with _undisturbed():
            folder = folder or new_run(logdir)
            save_checkpoint(trainer.state() | {"command": settings}, folder / "checkpoint.pt")
        say(f"{ja} {column}: {len(prices):,} 行。窓の数: 学習 {sizes['train']:,}、検証 {sizes['validation']:,}、テスト {sizes['test']:,}。計算: {trainer.device}",
            f"{en}, {column}: {len(prices):,} rows; windows: training {sizes['train']:,}, validation {sizes['validation']:,}, "
            f"test {sizes['test']:,}; on {trainer.device}")
        say(f"記録: {folder}（見るには python -m tensorboard.main --logdir {logdir}）",
            f"record: {folder} (to see it: python -m tensorboard.main --logdir {logdir})")
        if resume:
            say(f"エポック {trainer.epoch} のあとから続けます。", f"Going on after epoch {trainer.epoch}.")
        if trainer.epoch < limit and not trainer.stopped:
            _train(trainer, Record(folder, settings, trainer.epoch if resume else None), limit)
        _report(trainer, prices, out)
    except KeyboardInterrupt:
        if not folder:
            raise
        with contextlib.suppress(KeyboardInterrupt), _undisturbed():  # a second Ctrl-C comes easily
            _how_to_go_on(folder, out, load_checkpoint(folder / "checkpoint.pt")["epoch"])
        return INTERRUPTED
    return 0


def _one_line(error: Exception) -> str:
    """The words of an error, in the language in force, on one line."""
    if isinstance(error, OSError):
        detail = f"{error.filename or ''} {error.strerror or error}".strip()
        return text(f"ファイルの誤り: {detail}", f"file error: {detail}")
    lines = str(error).splitlines()
    return text(*lines) if len(lines) == 2 else " ".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The program. Returns its exit status: 0, 1 for bad input, 130 after Ctrl-C; argparse leaves with 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Japanese shows ? and goes on
    given = vars(make_parser().parse_args(arguments))
    try:
        return run(**given)
    except KeyboardInterrupt:
        say("止めました。まだ何も保存していません。", "Stopped. Nothing has been saved yet.")
        return INTERRUPTED
    except BrokenPipeError:  # `... | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (MemoryError, RuntimeError) as error:  # torch says RuntimeError too, for a model beyond the memory and for --lr 1e300
        if not re.search("memory|overflow|allocate", str(error), re.IGNORECASE) and not isinstance(error, MemoryError):
            raise
        detail = (str(error).splitlines() or [""])[0][:150]
        print(text(f"この設定では計算できません（{detail}）。--window、--hidden-size、--lr などを小さくしてください。",
                   f"these settings cannot be computed ({detail}). Lower --window, --hidden-size, --lr or the like."), file=sys.stderr)  # fmt: skip
        return 1
    except (ValueError, FloatingPointError, OSError) as error:
        print(_one_line(error), file=sys.stderr)
        return 1
