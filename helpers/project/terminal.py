"""The project of step 13 from the terminal: python -m helpers.project. Words and signals; the work is in `trainer`.

Longer than other files because every word that the program says stands here, in two languages.
"""

import contextlib
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from tqdm import tqdm
from wcwidth import wcswidth

from helpers.data import load_prices, select_columns
from helpers.horizons import dm_by_step
from helpers.language import BadInput, say, text
from helpers.language.tables import significant
from helpers.project.checkpoint import RunLogger, count_look, find_run, load_checkpoint, lock_run, new_run
from helpers.project.command_line import COMMAND, DEFAULTS, PROGRAM, make_parser
from helpers.project.trainer import METRICS, Trainer, conclusion

INTERRUPTED = 130  # what shells expect of a program that Ctrl-C ended


# Printed lines


def _heading() -> str:
    titles = text("学習", "training"), text("検証", "validation")
    parts = "".join(f"| {title}{' ' * (36 - wcswidth(title))}" for title in titles)  # 学 takes two columns
    names = "".join(f"{name[:3] if name == 'direction' else name:>7}" for name in METRICS)
    legend = text(
        "dir: 方向の正答率、NRMSE: RMSE ÷（最高 − 最低）、*: 検証の損失がこれまでで最小",
        "dir: share of directions right, NRMSE: RMSE / (highest - lowest), *: best validation loss so far",
        "\n",
    )
    return f"{legend}\n{'':18}{parts}".rstrip() + f"\n    epoch    loss |{names}  |{names}"


def _cell(value: float) -> str:
    """A number in six columns where it can be: 1760 and 4.16e6, not 1.76e+03 and 4.16e+06."""
    if 1e3 <= abs(value) < 1e6:
        return f"{value:.0f}"
    shown = [f"{value:.{digits}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e") for digits in (3, 2)]
    return shown[len(shown[0]) > 6]


def _line(row: dict, limit: int, best: bool) -> str:
    """One epoch in one line of less than 100 columns; the star marks the best validation loss so far."""
    parts = (" ".join(f"{_cell(row[f'{name}/{part}']):>6}" for name in METRICS) for part in ("train", "validation"))
    return f"{row['epoch']:>4}/{limit:<4} {row['loss']:>7.4f} | {'  | '.join(parts)}  {'*' if best else ''}".rstrip()


# The run


class CtrlC:
    """Notes the first Ctrl-C, so that the epoch under way can be finished and saved; the second interrupts at once.

    An exception raised in the middle of an epoch can get lost: Python swallows it in destructors and in callbacks of
    torch. A SIGINT that the parent process ignores, as a shell does for jobs in the background, stays ignored.
    """

    def __enter__(self) -> "CtrlC":
        self.noted, self.before = False, signal.getsignal(signal.SIGINT)
        if self.before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, *_: object) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)


@contextlib.contextmanager
def _computing() -> Iterator[None]:
    """Settings beyond the memory or the range of the numbers: BadInput in place of what NumPy and torch raise for them."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
        detail = (str(error).splitlines() or [type(error).__name__])[0][:150]
        raise BadInput(
            f"この設定では計算できません（{detail}）。--window、--hidden-size、--lr などを小さくしてください。",
            f"these settings cannot be computed ({detail}). Lower --window, --hidden-size, --lr or the like.",
        ) from None


def _announce(trainer: Trainer, prices: pd.DataFrame, column: str, folder: Path, resume: bool) -> None:
    sizes = {part: len(x) for part, (x, _) in trainer.parts.items()}
    say(
        f"{prices.attrs['title_ja']} {column}: {len(prices):,} 行。窓の数: 学習 {sizes['train']:,}、"
        f"検証 {sizes['validation']:,}、テスト {sizes['test']:,}。計算: {trainer.device}",
        f"{prices.attrs['title_en']}, {column}: {len(prices):,} rows; windows: training {sizes['train']:,}, "
        f"validation {sizes['validation']:,}, test {sizes['test']:,}; on {trainer.device}",
    )
    show = f"python -m tensorboard.main --logdir {shlex.quote(str(folder.parent))}"
    say(f"記録: {folder}（見るには {show}）", f"record: {folder} (to see it: {show})")
    if resume:
        say(f"エポック {trainer.epoch} のあとから続けます。", f"Going on after epoch {trainer.epoch}.")


def _train(trainer: Trainer, logger: RunLogger, limit: int, ctrl_c: CtrlC) -> None:
    columns, lines = shutil.get_terminal_size()  # which has an answer too where the terminal does not tell its size
    style = {"desc": text("学習中", "training"), "unit": " epoch", "ncols": columns - 1, "nrows": lines, "leave": False}
    with tqdm(total=limit, initial=trainer.epoch, disable=None, **style) as bar:  # None: no bar in a pipe
        tqdm.write(_heading(), file=sys.stdout)
        epochs = trainer.epochs(limit)
        while not ctrl_c.noted and (row := next(epochs, None)):
            logger.record(row)
            tqdm.write(_line(row, limit, trainer.stopping.best_epoch == row["epoch"]), file=sys.stdout)
            sys.stdout.flush()
            bar.update()
    if trainer.stopped:
        best = trainer.stopping.best_epoch
        say(
            f"エポック {best} のあと検証の損失が良くならないので、止めました。",
            f"Stopped: no better validation loss since epoch {best}.",
        )


def _report(trainer: Trainer, prices: pd.DataFrame, test: bool, out: Path) -> None:
    """One part, with the weights of the best epoch: a table, a sentence and the picture."""
    from helpers import plots  # a second: not for --help

    part, ja, en = ("test", "テスト部分", "test part") if test else ("validation", "検証部分", "validation part")
    actual, forecasts = trainer.compare(part)
    table, steps = trainer.rmse(part), actual.shape[1]
    say(
        f"{ja}（{len(actual)} 個の窓）の RMSE。重みはエポック {trainer.stopping.best_epoch} のもの:",
        f"RMSE on the {en} ({len(actual)} windows), weights of epoch {trainer.stopping.best_epoch}:",
    )
    print(table.loc[sorted({1, min(7, steps), steps})].to_string(float_format=significant))
    say(*conclusion(table, dm_by_step(actual, forecasts["LSTM"], forecasts["naive"])))
    end = len(prices) - (0 if test else len(trainer.parts["test"][0]) + steps - 1)
    dates = prices.index[end - len(actual) - steps + 1 : end]
    out.write_bytes(plots.forecasts_ahead(dates, actual, forecasts["LSTM"], prices.attrs).png())
    say(f"図: {out}", f"picture: {out}")


def _command(folder: Path, out: Path | None, test: bool) -> str:
    """The command that goes on with the run in `folder`."""
    more = f" --out {shlex.quote(str(out))}" if out else ""
    return f"  {PROGRAM} --logdir {shlex.quote(str(folder))} --resume{' --test' if test else ''}{more}"


def run(logdir: Path, out: Path | None, resume: bool, test: bool, **given: object) -> int:
    """Everything from the data to the picture. Returns the exit status; raises BadInput for what cannot be used."""
    if out:  # now: a mistake in the path must not wait for the training
        if out.suffix.lower() != ".png" or out.is_dir():
            raise BadInput(
                f"図は PNG です。--out には .png で終わるファイル名を書いてください: {out}",
                f"the picture is a PNG; --out takes the name of a file that ends in .png: {out}",
            )
        out.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        folder, state = None, {}
        if resume:
            folder = find_run(logdir)
            held.enter_context(lock_run(folder))
            state = load_checkpoint(folder / "checkpoint.pt")
        settings = DEFAULTS | state.get("settings", {}) | state.get("command", {}) | given
        command = {name: settings.pop(name) for name in COMMAND}
        name, column, limit = command["data"], command["column"], command["epochs"]
        prices = load_prices(name, command["fallback"])
        values = select_columns(prices, [column])[column]
        with _computing():
            trainer = Trainer(values, **settings)
            if state:
                trainer.restore(state)
        ctrl_c = held.enter_context(CtrlC())
        if not folder:
            folder = new_run(logdir)
            held.enter_context(lock_run(folder))
        _announce(trainer, prices, column, folder, resume)
        try:
            if trainer.epoch < limit and not trainer.stopped:
                with _computing(), contextlib.closing(RunLogger(folder, trainer, command)) as logger:
                    _train(trainer, logger, limit, ctrl_c)
            if ctrl_c.noted:
                raise KeyboardInterrupt
            _report(trainer, prices, test, out or folder / "results.png")
            if test:
                looks = count_look(folder.parent, trainer.data_sha256)
                say(
                    f"このデータのテスト部分を見るのは {looks} 回目です（{folder.parent} の実行で）。",
                    f"This is look {looks} at the test part of these data (by the runs in {folder.parent}).",
                )
            else:
                say(
                    "テスト部分の結果は --test で出ます。設定を選び終えたあと、一度だけ見てください。",
                    "--test shows the test part. Ask for it once, at the end, when every setting is chosen.",
                )
                print(_command(folder, out, test=True))
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # only words are left
            epoch = len(load_checkpoint(folder / "checkpoint.pt")["history"])
            say(
                f"止めました。エポック {epoch} まで保存してあります。続けるには:",
                f"Stopped. Saved up to epoch {epoch}. To go on:",
            )
            print(_command(folder, out, test), flush=True)
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
        say("学習を始める前に止めました。", "Stopped before the training began.")
        return INTERRUPTED
    except BrokenPipeError:  # `... | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (BadInput, FloatingPointError, OSError) as error:
        print(_one_line(error), file=sys.stderr)
        return 1
