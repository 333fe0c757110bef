"""Step 14: a report card in words, on the page and as a file to hand in, and a table of all cards of a class."""

import html
import json
import math
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from helpers import plots
from helpers.challenge.grading import COLUMNS, CONFIDENCE, HIDE, NAMES, SEEDS, VERDICTS, WORTH, Report, grade
from helpers.challenge.leaks import LEAKS
from helpers.challenge.running import LIMIT, Pipeline
from helpers.challenge.series import HIDDEN, exam_origins
from helpers.language import BadInput, text
from helpers.validation import SIGNIFICANCE

Sentences = Iterator[tuple[str, str]]
COLORS = {"won": "#00795A", "equal": "#0067A3", "lost": "#B34700", "leak": "#B34700", "failed": "#B34700"}
STYLE = """<style>
.report-card {border: 1px solid #8888; border-left: 10px solid var(--verdict); border-radius: 6px; padding: .4em 1.2em 1em;
  max-width: 800px; line-height: 1.6}
.report-card .verdict {background: var(--verdict); color: #fff; border-radius: 4px; padding: .5em .8em; font-size: 1.25em;
  font-weight: bold; margin: .6em 0}
.report-card h3, .report-card h4 {margin: .9em 0 .2em}
.report-card table {border-collapse: collapse; margin: .5em 0}
.report-card th, .report-card td {padding: .15em .8em; text-align: right; border-bottom: 1px solid #8886}
.report-card th:first-child, .report-card td:first-child {text-align: left}
.report-card .leak {border: 2px solid #B34700; border-radius: 4px; padding: .2em .8em; margin: .5em 0}
.report-card .small {opacity: .8; font-size: .9em}
.report-card pre {overflow-x: auto; padding: .6em; border: 1px solid #8888}
</style>"""
PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<style>:root {{color-scheme: light dark}} body {{font-family: sans-serif; margin: 2em auto; max-width: 860px}}
@media print {{details {{display: none}}}}</style></head>
<body>{card}
<script type="application/json" id="report-card">{data}</script></body></html>
"""
DATA = re.compile(r'<script type="application/json" id="report-card">(.*?)</script>', re.DOTALL)


class Card:
    """A report card: shown by the notebook as it is, `save` writes it as one file. `report` holds the numbers."""

    def __init__(self, report: Report):
        self.report = report

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": STYLE + self._html(), "text/plain": text(*headline(self.report))}

    def _html(self) -> str:
        report = self.report
        parts = [
            f"<h3>{_in(f'課題 {report.number} 番の成績表', f'Report card, challenge {report.number}')}</h3>",
            f'<div class="small">{html.escape(report.name) or "–"} · {report.hash} · '
            f"{_in(f'隠した行を開いたのは {report.look} 回目', f'look {report.look} at the hidden rows')}</div>",
            f'<div class="verdict">{_in(*headline(report))}</div>',
        ]
        sections = {
            ("誤り", "What went wrong"): failures(report),
            ("良かったところ", "What was good"): good(report),
            ("偶然", "Luck"): luck(report),
            ("最良の予測と比べる", "Beside the best possible forecast"): possible(report),
            ("区間、シード、時間", "Interval, seeds, time"): conditions(report),
        }
        for number, (title, sentences) in enumerate(sections.items()):
            items = "".join(f"<li>{_in(*words)}</li>" for words in sentences)
            parts.append(f"<h4>{_in(*title)}</h4><ul>{items}</ul>" if items else "")
            parts.append(_leaks(report) if number == 1 else "")
            parts.append(_errors(report) if number == 3 and not report.failure else "")
        source = f"<pre>{html.escape(report.source)}</pre>" if report.source else "–"
        parts.append(f"<details><summary>{_in('提出した関数', 'The function handed in')}</summary>{source}</details>")
        return f'<div class="report-card" style="--verdict: {COLORS[report.verdict]}">{"".join(parts)}</div>'

    def save(self, folder: str | Path = "runs/cards") -> Path:
        """Write the card as one HTML file, to be opened in any browser, printed or handed in. Nothing is sent anywhere.

        The folder is made where it is missing; a card of the same number, name and function is replaced. Returns the path.
        """
        report = self.report
        name = re.sub(r"\W+", "_", report.name).strip("_") or "card"
        file = Path(folder) / f"challenge_{report.number}_{name}_{report.hash}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        title = f"{text('成績表', 'Report card')} {report.number} {report.name}"
        data = json.dumps(row_of(report), ensure_ascii=False).replace("<", "\\u003c")  # no tag inside a script
        page = {"lang": text("ja", "en", "-"), "title": html.escape(title), "card": STYLE + self._html(), "data": data}
        file.write_text(PAGE.format(**page), encoding="utf-8")
        return file


def report_card(pipeline: Pipeline, number: int, name: str = "", limit: float = LIMIT) -> Card:
    """Ask a function for forecasts of the hidden rows of a challenge, and make its report card.

    pipeline(table, origins): table: as `load_challenge` gives it, with the hidden rows behind the known ones; origins: (n,)
    whole numbers, rising. The row of an origin is the last one that its forecast may use; all training uses rows up to
    origins[0]. Returns (n, HORIZON), row i for the values of the rows origins[i] + 1 .. origins[i] + HORIZON; or a tuple of
    three such arrays, forecasts and the ends of a 90% interval. With an argument `seed` the function is asked with five
    seeds. It is called about 20 times, also with altered tables; a call of more than `limit` seconds is stopped.

    Mistakes of the function stand on the card and are not raised. Opening the hidden rows is counted. Raises BadInput for a
    number that is not a whole number of 0 or more.
    """
    return Card(grade(pipeline, number, name, limit))


def _in(ja: str, en: str) -> str:
    """Words in the language in force, as HTML: `code` in a font of its own, two languages on two lines."""
    escaped = html.escape(text(ja, en, "\n"), quote=False).replace("\n", "<br>")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _number(report: Report, value: float) -> str:
    """An error with three digits of the best possible one, so that all errors of a card can be compared."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(report.best)))}f}"


def headline(report: Report) -> tuple[str, str]:
    """The verdict in one sentence, in Japanese and in English."""
    if report.verdict == "equal" and report.worth <= WORTH:
        return (
            "ベースラインと見分けがつきません。この系列では、それが正しい答えです",
            "Not to be told from a baseline, and on this series that is the right answer",
        )
    return {
        "failed": ("採点できませんでした", "This could not be scored"),
        "leak": ("リークがあります。この成績は使えません", "There is a leak: this score does not count"),
        "won": ("どのベースラインよりも良い予測です", "Better than every baseline"),
        "lost": ("ベースラインに負けました", "Worse than a baseline"),
        "equal": (
            "ベースラインと見分けがつきません。この系列には、まだ勝てる余地があります",
            "Not to be told from a baseline, although this series leaves something to win",
        ),
    }[report.verdict]


def failures(report: Report) -> Sentences:
    """What the function did wrong."""
    if report.failure:
        yield report.failure.ja, report.failure.en
    for finding in report.findings:
        if finding.fired is None:
            yield f"リークを判定できませんでした。{finding.ja}", f"Leaks could not be checked. {finding.en}"


def good(report: Report) -> Sentences:
    """What was good about it; nothing is said of the score where it leaks."""
    if report.failure:
        return
    if report.findings and not report.leaks and all(finding.fired is False for finding in report.findings):
        yield "リーク検知テストは、どれも検知しませんでした。", "None of the tripwires fired."
    if report.verdict == "leak":
        return
    ja, en = NAMES[report.baseline]
    if report.verdict == "won":
        gain = report.errors.loc[report.baseline, "skill"]
        yield (
            f"誤差は、最も良いベースライン（{ja}）より {gain:.0%} 小さくなりました。",
            f"The error is {gain:.0%} smaller than that of the best baseline, the {en}.",
        )
    if report.verdict == "equal" and report.worth <= WORTH:
        yield (
            "勝てない系列で、ベースラインより悪くもありませんでした。",
            "Where nothing could be won, it did no worse than a baseline.",
        )
    own = report.rmse / report.best
    if abs(own / report.apparent - 1) < 0.1:
        yield (
            f"手元の行での成績が、隠した行でも続きました（最良の誤差の {report.apparent:.2f} 倍と {own:.2f} 倍）。",
            f"The score on the known rows held on the hidden ones ({report.apparent:.2f} and {own:.2f} times the best error).",
        )
    if report.coverage and report.coverage[1] <= CONFIDENCE <= report.coverage[2]:
        yield "区間の被覆率は、目標と食い違っていません。", "The coverage of the interval agrees with its aim."


def luck(report: Report) -> Sentences:
    """What chance could have done: the days, the choice, the number of looks."""
    if report.failure:
        return
    (ja, en), row = NAMES[report.baseline], report.errors.loc[report.baseline]
    skill, low, high = report.days
    if report.verdict == "leak":
        pass  # a score that does not count needs no test
    elif pd.notna(row["p"]):
        told = ("偶然とは言えません", "more than chance explains") if row["Holm p"] < SIGNIFICANCE else (
            "偶然と見分けがつきません", "not to be told from chance")  # fmt: skip
        yield (
            f"{ja}に対するスキルは {skill:+.3f}（日による 95% 区間 {low:+.3f} 〜 {high:+.3f}）、Holm の方法で補正した p {_p(row['Holm p'])}。"
            f"{told[0]}。",
            f"Skill against the {en}: {skill:+.3f} (95% interval over days {low:+.3f} to {high:+.3f}), p {_p(row['Holm p'])} after Holm: "
            f"{told[1]}.",
        )
    else:
        yield f"予測は{ja}とまったく同じです。", f"The forecast is exactly the {en}."
    own = report.rmse / report.best
    if report.apparent < 0.9 * own:
        yield (
            f"手元の行では最良の誤差の {report.apparent:.2f} 倍、隠した行では {own:.2f} 倍でした。手元の行に合わせすぎたか、"
            "たくさん試した中から選んだ分です。",
            f"On the known rows the error was {report.apparent:.2f} times the best one, on the hidden rows {own:.2f} times: "
            "fitted too closely, or picked among many tries.",
        )
    if report.look > 1:
        yield (
            f"この番号の隠した行を開いたのは {report.look} 回目です。開いて直すたびに、成績は偶然で良く見えていきます。",
            f"This is look {report.look} at the hidden rows of this number. Every change made after a look flatters the score.",
        )


def possible(report: Report) -> Sentences:
    """How far the forecast is from the best that the law of the series allows, and what that law is."""
    if report.failure:
        return
    ja, en = NAMES[report.baseline]
    yield (
        f"可能な最小の RMSE は {_number(report, report.best)}、あなたの RMSE は {_number(report, report.rmse)}（{report.rmse / report.best:.2f} 倍）です。"
        "最小値は、系列を生成した式の条件付き平均で計算しました。",
        f"The smallest possible RMSE is {_number(report, report.best)}, yours is {_number(report, report.rmse)} ({report.rmse / report.best:.2f} times). "
        "The smallest is that of the conditional mean under the law that made the series.",
    )
    if report.worth <= WORTH:
        yield (
            f"最良の予測でも、{ja}との差は {report.worth:.1%} です。勝てる余地はほとんどありません。",
            f"Even the best possible forecast is only {report.worth:.1%} better than the {en}: there is next to nothing to win.",
        )
    elif report.verdict != "leak":
        gap = report.errors.loc[report.baseline, "RMSE"]
        share = (gap - report.rmse) / (gap - report.best)
        yield (
            f"最良の予測は{ja}より誤差が {report.worth:.0%} 小さくなります。その余地のうち {share:.0%} を取りました。",
            f"The best possible error is {report.worth:.0%} below that of the {en}. Of that, you won {share:.0%}.",
        )
    ja, en = (", ".join(words) for words in zip(*report.challenge.structure(), strict=True))
    yield f"系列の正体: {ja.replace(', ', '、')}。", f"What the series was made of: {en}."


def conditions(report: Report) -> Sentences:
    """Coverage, spread over seeds and time."""
    if report.failure:
        return
    if report.coverage:
        share, low, high = report.coverage
        yield (
            f"{CONFIDENCE:.0%} を目標にした区間の被覆率は {share:.0%}（95% 区間 {low:.0%} 〜 {high:.0%}）、平均の幅は {_number(report, report.width)} です。",
            f"Coverage of the interval that aims at {CONFIDENCE:.0%}: {share:.0%} (95% interval {low:.0%} to {high:.0%}), "
            f"mean width {_number(report, report.width)}.",
        )
    if len(report.seeds) > 1:
        yield (
            f"{SEEDS} 個のシードで、RMSE は {_number(report, min(report.seeds))} 〜 {_number(report, max(report.seeds))}。予測の平均は {_number(report, report.rmse)} です。",
            f"Over {SEEDS} seeds the RMSE runs from {_number(report, min(report.seeds))} to {_number(report, max(report.seeds))}; "
            f"the mean forecast has {_number(report, report.rmse)}.",
        )
    count = len(exam_origins())
    yield (
        f"{count} 個の起点の予測に {report.seconds:.2g} 秒かかりました。",
        f"Forecasting from {count} origins took {report.seconds:.2g} seconds.",
    )


def _leaks(report: Report) -> str:
    """Each leak by name: what was seen and how to undo it; then the figure, and the score with the future hidden."""
    if not report.leaks:
        return ""
    boxes = "".join(
        f'<div class="leak"><b>{_in(*one.title)}</b> <span class="small">({one.name})</span><br>'
        f"{_in(*one.seen)}<br>{_in(*one.advice)}</div>"
        for one in report.leaks
    )
    picture = plots.movement_by_rows(report.movement).to_html() if report.movement is not None else ""
    told = ""
    if pd.notna(report.without_future[1]):
        seen, hidden = (_number(report, error) for error in report.without_future)
        ja = f"起点より後の行を隠すと、同じ {HIDE} 個の起点からの RMSE は {seen} から {hidden} になりました。"
        en = f"With the rows after the origin hidden, the RMSE from the same {HIDE} origins goes from {seen} to {hidden}."
        told = f"<p>{_in(ja, en)}</p>"
    return f"<h4>{_in('リーク', 'Leaks')}</h4>{boxes}{told}{picture}"


def _errors(report: Report) -> str:
    """The figures of the score and the table behind them."""
    challenge = report.challenge
    errors = {"yours": report.rmse, **report.errors["RMSE"]}
    named = {text(*NAMES[name], "\n"): error for name, error in errors.items()}
    bars = plots.errors_beside_best(named, text(*NAMES["yours"], "\n"), text(*NAMES["best possible"], "\n"))
    paths = plots.hidden_forecasts(
        challenge.table.index, challenge.truth, exam_origins(), report.yours, challenge.table.attrs
    )
    table = report.errors.rename(index=lambda name: text(*NAMES[name], "\n"))
    shown = pd.DataFrame(
        {
            "RMSE": table["RMSE"].map(partial(_number, report)),
            text(*COLUMNS["skill"]): table["skill"].map("{:+.3f}".format),
            text(*COLUMNS["Holm p"]): table["Holm p"].map(lambda p: "–" if pd.isna(p) else _p(p).removeprefix("= ")),
        }
    ).replace("+nan", "–")
    rows = shown.to_html(border=0).replace("\\n", "<br>")  # as pandas writes a new line in a cell
    note = _in(
        f"RMSE は隠した {HIDDEN} 行のもの。スキルは、その行の予測に対するあなたの予測のもの。",
        f"RMSE on the {HIDDEN} hidden rows; skill of yours against the forecast of the row.",
    )
    return f'{bars.to_html()}{paths.to_html()}{rows}<div class="small">{note}</div>'


# For teachers

TABLE = {  # columns of `collect`
    "name": ("名前", "name"),
    "number": ("番号", "number"),
    "verdict": ("判定", "verdict"),
    "leaks": ("リーク", "leaks"),
    "RMSE": ("RMSE", "RMSE"),
    "ratio": ("最良の何倍か", "ratio"),
    "p": ("p（Holm）", "p (Holm)"),
    "look": ("何回目か", "look"),
    "seconds": ("秒", "seconds"),
    "best baseline": ("最良のベースライン", "best baseline"),
    "best possible": ("可能な最小値", "best possible"),
    "hash": ("ハッシュ値", "hash"),
    "same": ("同じ関数", "same"),
    "file": ("ファイル", "file"),
}


def row_of(report: Report) -> dict[str, object]:
    """What a card says in one row of a table, and in the file for `collect`."""
    row = {"name": report.name, "number": report.number, "verdict": report.verdict, "hash": report.hash}
    row |= {"look": report.look, "leaks": [one.name for one in report.leaks]}
    if not report.failure:
        best = report.errors.loc[report.baseline]
        row |= {"RMSE": report.rmse, "best baseline": float(best["RMSE"]), "best possible": report.best}
        row |= {"p": float(best["Holm p"]) if pd.notna(best["Holm p"]) else None, "seconds": report.seconds}
    return row


def collect(folder: str | Path) -> pd.DataFrame:
    """All cards in a folder and the folders in it as one table, in the language in force: a row a card.

    By number; those with a leak or an error last, the others by error. Columns: name, number, verdict, leaks, RMSE, ratio
    (RMSE over the best possible one), p (Holm, against the best baseline), look, seconds, best baseline, best possible,
    hash, same (other names that handed in the same function), file. Other HTML files are passed over. The cards are the
    readers' own files: what matters is run again by the teacher. Raises BadInput when there is no card.
    """
    rows = []
    for file in sorted(Path(folder).rglob("*.html")):
        if found := DATA.search(file.read_text(encoding="utf-8", errors="ignore")):
            rows.append(json.loads(found[1]) | {"file": file.name})
    if not rows:
        raise BadInput(f"{folder} に成績表がありません。", f"there is no report card in {folder}.")
    table = pd.DataFrame(rows).reindex(columns=list(TABLE))
    table["ratio"] = table["RMSE"] / table["best possible"]
    names = table.groupby("hash")["name"].agg(set)
    table["same"] = [", ".join(sorted(names[row["hash"]] - {row["name"]})) for _, row in table.iterrows()]
    table["last"] = table["verdict"].isin(["leak", "failed"])
    table = table.sort_values(["number", "last", "ratio"], kind="stable").drop(columns="last").reset_index(drop=True)
    table["leaks"] = table["leaks"].map(lambda leaks: ", ".join(text(*LEAKS[name][0]) for name in leaks))
    table["verdict"] = table["verdict"].map(lambda verdict: text(*VERDICTS[verdict]))
    return table.rename(columns=lambda name: text(*TABLE[name]))
