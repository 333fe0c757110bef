"""python -m helpers.challenge"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from helpers.challenge.card import collect
from helpers.challenge.study import leaks_named, study, summary
from helpers.language import BadInput, named, text


def main(arguments: list[str] | None = None) -> int:
    """Collect cards, or study the challenges; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m helpers.challenge")
    commands = parser.add_subparsers(dest="command", required=True)
    cards = commands.add_parser("collect", help=text("成績表を 1 つの表にまとめる", "report cards as one table"))
    cards.add_argument("folder", type=Path, help=text("成績表のあるフォルダー", "the folder with the cards"))
    cards.add_argument("--csv", type=Path, help=text("表を CSV に保存する", "save the table as CSV"))
    for name, ja, en in (
        (
            "study",
            "参照解をたくさんの番号で測る（50 個で数分）",
            "the reference solution on many numbers (minutes for 50)",
        ),
        ("leaks", "リークのある例をたくさんの番号で調べる", "the leaking examples on many numbers"),
    ):
        measured = commands.add_parser(name, help=text(ja, en))
        measured.add_argument("first", type=int, nargs="?", default=0)
        measured.add_argument("last", type=int, nargs="?", default=49)
    given = parser.parse_args(arguments)
    pd.set_option("display.width", 200, "display.max_columns", None, "display.max_colwidth", 60)
    try:
        if given.command == "collect":
            table = collect(given.folder)
            print(table.rename(columns=named).map(_named).round(3).to_string(index=False, na_rep="-"))
            if given.csv:
                table.rename(columns=named).map(_named).to_csv(
                    given.csv, index=False, encoding="utf-8-sig"
                )  # with a mark, so that Excel reads Japanese
            return 0
        numbers = range(given.first, given.last + 1)
        if given.command == "leaks":
            print(leaks_named(numbers))
            return 0
        rows = []
        for row in study(numbers):
            rows.append(row)
            print(
                *(f"{value:.3f}" if isinstance(value, float) else value for value in row.values()), sep="  ", flush=True
            )
        table = pd.DataFrame(rows)
        print(f"\n{table.round(3).to_string(index=False, na_rep='-')}\n\n{summary(table).round(3)}")
    except BadInput as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _named(value: object) -> object:
    return named(value) if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
