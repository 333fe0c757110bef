"""Step 14: a report card in words, on the page and as a file to hand in, and a table of all cards of a class.

More than 200 lines of code because most of them are sentences, each in Japanese and in English.
"""

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers import plots
from helpers.challenge.grading import CONFIDENCE, HIDE, SEEDS, WORTH, Report, grade
from helpers.challenge.running import LIMIT
from helpers.challenge.series import HIDDEN, exam_origins
from helpers.challenge.source import Pipeline
from helpers.language import BadInput, current, say, text, words
from helpers.language.tables import table_html
from helpers.plots.challenge import written
from helpers.validation import SIGNIFICANCE

Sentences = Iterator[tuple[str, str]]
COLOURS = {
    "won": "#00795A",
    "equal": "#0067A3",
    "lost": "#B34700",
    "leak": "#B34700",
    "failed": "#B34700",
}  # with white: 5:1
# Headings are paragraphs with a role: the contents pane of JupyterLab lists true ones, in both languages at once.
LOOK = """<style>
.report-card {border: 1px solid #8888; border-left: 10px solid var(--verdict); border-radius: 6px; padding: .4em 1.2em 1em;
  max-width: 800px; line-height: 1.6}
.report-card :is(li, p, div) > [lang] {display: block}
.report-card .verdict {background: var(--verdict); color: #fff; border-radius: 4px; padding: .5em .8em; font-size: 1.25em;
  font-weight: bold; margin: .6em 0}
.report-card [role=heading] {margin: .9em 0 .2em; font-size: 1.15em; font-weight: bold}
.report-card [aria-level='3'] {font-size: 1.4em}
.report-card .leak {border: 2px solid #B34700; border-radius: 4px; padding: .2em .8em; margin: .5em 0}
.report-card .small {opacity: .8; font-size: .9em}
.report-card pre {white-space: pre-wrap; overflow-wrap: anywhere; padding: .6em; border: 1px solid #8888}
</style>"""
PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title}</title>
<style>
:root {{color-scheme: light dark}}
body {{font-family: sans-serif; margin: 1.5em auto; max-width: 860px}}
table {{border-collapse: collapse}} th, td {{padding: .15em .8em; border-bottom: 1px solid #8886; text-align: right}}
body:has([value=ja]:checked) [lang=en], body:has([value=en]:checked) [lang=ja],
body:not(:has([value=both]:checked)) :is(th, td, b, summary) > [lang=ja] + span {{display: none !important}}
@media (prefers-color-scheme: dark) {{img {{filter: invert(.933) hue-rotate(180deg)}}}}
@media print {{details, form {{display: none}}}}
</style></head>
<body><form>{buttons}</form>
{card}
<script type="application/json" id="report-card">{data}</script></body></html>
"""
DATA = re.compile(r'<script type="application/json" id="report-card">(.*?)</script>', re.DOTALL)
# What `collect` needs of a card, and more where there is a score.
TOLD = {"name": str, "number": int, "verdict": str, "hash": str, "look": int, "leaks": list}
SCORED = dict.fromkeys(["RMSE", "best baseline", "best possible", "seconds"], int | float)
SCORED |= {"Holm p": int | float | None}


class Card:
    """A report card: shown by the notebook as it is, `save` writes it as one file. `report` holds the numbers."""

    def __init__(self, report: Report):
        self.report = report

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": LOOK + self.to_html(), "text/plain": text(*headline(self.report))}

    def to_html(self) -> str:
        """The card in both languages, each with its `lang`, so that it follows the switch of the page."""
        report = self.report
        name = html.escape(report.name) or "–"
        look = f"隠した行を開いたのは {report.look} 回目", f"look {report.look} at the hidden rows"
        parts = [
            f"<p role='heading' aria-level='3'>{_in(f'課題 {report.number} 番の成績表', f'Report card, challenge {report.number}')}</p>",
            f'<div class="small">{name} · {report.hash} {_in(*look)}</div>',
            f'<div class="verdict">{_in(*headline(report))}</div>',
            _section("誤り", "What went wrong", failures(report)),
            _section("良かったところ", "What was good", good(report)),
            _leaks(report),
            _section("偶然", "Luck", luck(report)),
            _section("可能な最良の予測と比べる", "Beside the best possible forecast", possible(report)),
            _errors(report),
            _section(*measured(report), conditions(report)),
            f"<details><summary>{_in('提出した関数', 'The function handed in', ' / ')}</summary>"
            f'<div lang="zxx"><pre>{html.escape(report.source) or "–"}</pre></div></details>',  # zxx: no human language
        ]
        return f'<div class="report-card" style="--verdict: {COLOURS[report.verdict]}">{"".join(parts)}</div>'

    def save(self, folder: str | Path = "runs/cards") -> Path:
        """Write the card as one HTML file, to be opened in any browser, printed or handed in. Nothing is sent anywhere.

        The folder is made where it is missing; a card of the same number, name and function is replaced. Returns the path.
        """
        report = self.report
        name = re.sub(r"\W+", "_", report.name).strip("_") or "card"
        file = Path(folder) / f"challenge_{report.number}_{name}_{report.hash}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        buttons = "".join(
            f'<label><input type="radio" name="language" value="{value}"{" checked" * (value == current())}>{label}</label> '
            for label, value in {"日本語": "ja", "English": "en", "両方 Both": "both"}.items()
        )
        data = json.dumps(row_of(report), ensure_ascii=False).replace("<", "\\u003c")  # no tag inside a script
        title = html.escape(f"{report.number} {report.name}")
        page = PAGE.format(title=title, buttons=buttons, card=LOOK + self.to_html(), data=data)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")  # renamed when it is whole: a full disk leaves the old card
        temporary.write_text(page, encoding="utf-8")
        os.replace(temporary, file)
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


def _in(ja: str, en: str, between: str = "") -> str:
    """Words in both languages as HTML, an element each, with `between` them where both are shown; `code` in a font of its own."""
    both = {
        lang: re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(said, quote=False))
        for lang, said in (("ja", ja), ("en", en))
    }
    stroke = f"<span>{between}</span>" if between else ""
    return stroke.join(f'<span lang="{lang}">{said}</span>' for lang, said in both.items())


def _section(ja: str, en: str, sentences: Sentences) -> str:
    """A heading with its sentences; nothing where there is none."""
    items = "".join(f"<li>{_in(*said)}</li>" for said in sentences)
    return f"<p role='heading' aria-level='4'>{_in(ja, en)}</p><ul>{items}</ul>" if items else ""


def _p(value: float) -> str:
    return "p\u00a0<\u00a00.001" if value < 0.001 else f"p\u00a0=\u00a0{value:.3f}"


def _number(report: Report, value: float) -> str:
    """An error beside the best possible one."""
    return written(value, report.best)


def headline(report: Report) -> tuple[str, str]:
    """The verdict in one sentence, in Japanese and in English."""
    if report.verdict == "equal" and report.worth <= WORTH:
        return (
            "ベースラインと見分けがつきません。この系列では、それが正しい答えです",
            "No clear difference from a baseline, and on this series that is the right answer",
        )
    return {
        "failed": ("採点できませんでした", "This could not be scored"),
        "leak": ("リークがあります。この成績は使えません", "There is a leak: this score does not count"),
        "won": ("どのベースラインよりも良い予測です", "Better than every baseline"),
        "lost": ("ベースラインに負けました", "Worse than a baseline"),
        "equal": (
            "ベースラインと見分けがつきません。この系列には、まだ勝てる余地があります",
            "No clear difference from a baseline, although this series leaves something to win",
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
    ja, en = words(report.baseline)
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
            f"手元の行での成績が、隠した行でも続きました（可能な最小の誤差の {report.apparent:.2f} 倍と {own:.2f} 倍）。",
            f"The score on the known rows held on the hidden ones ({report.apparent:.2f} and {own:.2f} times the best error).",
        )
    if report.coverage and report.coverage[1] <= CONFIDENCE <= report.coverage[2]:
        yield "区間の被覆率は、目標と食い違っていません。", "The coverage of the interval agrees with its aim."


def luck(report: Report) -> Sentences:
    """What chance could have done: the days, the choice, the number of looks."""
    if report.failure:
        return
    (ja, en), row = words(report.baseline), report.errors.loc[report.baseline]
    skill, low, high = report.days
    if report.verdict == "leak":
        pass  # a score that does not count needs no test
    elif pd.notna(row["p"]):
        told = ("偶然とは言えません", "more than chance explains") if row["Holm p"] < SIGNIFICANCE else (
            "偶然と見分けがつきません", "chance could explain it")  # fmt: skip
        yield (
            f"{ja}に対するスキルは {skill:+.3f}（日による 95% 区間 {low:+.3f} 〜 {high:+.3f}）、Holm の方法で補正した {_p(row['Holm p'])}。"
            f"{told[0]}。",
            f"Skill against the {en}: {skill:+.3f} (95% interval over days {low:+.3f} to {high:+.3f}), {_p(row['Holm p'])} after Holm: "
            f"{told[1]}.",
        )
    else:
        yield f"予測は{ja}とまったく同じです。", f"The forecast is exactly the {en}."
    own = report.rmse / report.best
    if report.apparent < 0.9 * own:
        yield (
            f"手元の行では可能な最小の誤差の {report.apparent:.2f} 倍、隠した行では {own:.2f} 倍でした。手元の行に合わせすぎたか、"
            "たくさん試した中から選んだ分です。",
            f"On the known rows the error was {report.apparent:.2f} times the best one, on the hidden rows {own:.2f} times: "
            "fitted too closely, or picked among many tries.",
        )
    if report.look > 1:
        yield (
            f"この番号の隠した行を開いたのは {report.look} 回目です。開いて直すたびに、成績は偶然だけで良く見えやすくなります。",
            f"This is look {report.look} at the hidden rows of this number. Every change made after a look flatters the score.",
        )


def possible(report: Report) -> Sentences:
    """How far the forecast is from the best that the law of the series allows, and what that law is."""
    if report.failure:
        return
    ja, en = words(report.baseline)
    yield (
        f"可能な最小の RMSE は {_number(report, report.best)}、あなたの RMSE は {_number(report, report.rmse)}（{report.rmse / report.best:.2f} 倍）です。"
        "最小値は、系列を生成した式の条件付き平均で計算しました。",
        f"The smallest possible RMSE is {_number(report, report.best)}, yours is {_number(report, report.rmse)} ({report.rmse / report.best:.2f} times). "
        "The smallest is that of the conditional mean under the formula that generated the series.",
    )
    if report.worth <= WORTH:
        yield (
            f"最良の予測でも、{ja}との差は {report.worth:.1%} です。勝てる余地はほとんどありません。",
            f"Even the best possible forecast is only {report.worth:.1%} better than the {en}: there is next to nothing to win.",
        )
    elif report.verdict != "leak":
        gap = report.errors.loc[report.baseline, "RMSE"]
        share = (gap - report.rmse) / (gap - report.best)
        won = (
            (f"あなたの予測は、その差の {share:.0%} を縮めました。", f" You closed {share:.0%} of that gap.")
            if share > 0
            else ("", "")
        )
        yield (
            f"最良の予測は{ja}より誤差が {report.worth:.0%} 小さくなります。{won[0]}",
            f"The best possible error is {report.worth:.0%} below that of the {en}.{won[1]}",
        )
    ja, en = (", ".join(words) for words in zip(*report.challenge.structure(), strict=True))
    yield f"系列の正体: {ja.replace(', ', '、')}。", f"What the series was made of: {en}."


def measured(report: Report) -> tuple[str, str]:
    """The heading over `conditions`: what of interval, seeds and time there is."""
    heads = [("区間", "interval")] * bool(report.coverage) + [("シード", "seeds")] * (len(report.seeds) > 1)
    ja, en = zip(*heads, ("時間", "time"), strict=True)
    return "、".join(ja), ", ".join(en).capitalize()


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
        f'<div class="leak"><div><b>{_in(*words(one.name), " / ")}</b></div><div>{_in(one.ja, one.en)}</div><div>{_in(*one.advice)}</div></div>'
        for one in report.leaks
    )
    told, picture = "", "" if report.movement is None else plots.movement_by_rows(report.movement).to_html()
    if pd.notna(report.without_future[1]):
        seen, hidden = (_number(report, error) for error in report.without_future)
        ja = f"起点より後の行を隠すと、同じ {HIDE} 個の起点からの RMSE は {seen} から {hidden} になりました。"
        en = f"With the rows after the origin hidden, the RMSE from the same {HIDE} origins goes from {seen} to {hidden}."
        told = f"<p>{_in(ja, en)}</p>"
    return f"<p role='heading' aria-level='4'>{_in('リーク', 'Leaks')}</p>{boxes}{told}{picture}"


def _errors(report: Report) -> str:
    """The figures of the score and the table behind them."""
    if report.failure:
        return ""
    challenge, errors = report.challenge, {"yours": report.rmse, **report.errors["RMSE"]}
    bars = plots.errors_beside_best(errors, "yours", "best possible")
    paths = plots.hidden_forecasts(
        challenge.table.index, challenge.truth, exam_origins(), report.yours, challenge.table.attrs, report.interval
    )
    table = report.errors.drop(columns="p")
    shown = {"RMSE": table["RMSE"].map(lambda error: _number(report, error))}
    shown |= {
        "skill": table["skill"].map("{:+.3f}".format),
        "Holm p": table["Holm p"].map(lambda p: _p(p)[2:].removeprefix("=\u00a0")),
    }
    ja = f"RMSE は隠した {HIDDEN} 行のもの。スキルは、その行の予測に対するあなたの予測のもの。"
    note = _in(ja, f"RMSE on the {HIDDEN} hidden rows; skill of yours against the forecast of the row.")
    lines = table_html(pd.DataFrame(shown).where(table.notna()))
    return f'{bars.to_html()}{paths.to_html()}{lines}<div class="small">{note}</div>'


# For teachers


def row_of(report: Report) -> dict[str, object]:
    """What a card says in one row of a table, and in the file for `collect`."""
    row = {"name": report.name, "number": int(report.number), "verdict": report.verdict, "hash": report.hash}
    row |= {"look": report.look, "leaks": [one.name for one in report.leaks]}
    if not report.failure:
        best = report.errors.loc[report.baseline]
        row |= {"RMSE": report.rmse, "best baseline": float(best["RMSE"]), "best possible": report.best}
        row |= {"Holm p": float(best["Holm p"]) if pd.notna(best["Holm p"]) else None, "seconds": report.seconds}
    return row


def _read(page: str) -> dict[str, object] | None:
    """What `row_of` wrote into the page of a card; None where it is not there or not whole."""
    found = DATA.search(page)
    try:
        row = json.loads(found[1]) if found else {}
        kinds = TOLD if row["verdict"] == "failed" else TOLD | SCORED
        whole = all(isinstance(row[key], kind) for key, kind in kinds.items())
        return row if whole and all(isinstance(leak, str) for leak in row["leaks"]) else None
    except (ValueError, LookupError, TypeError):  # no JSON, no such key, or not even a dictionary
        return None


def collect(folder: str | Path) -> pd.DataFrame:
    """All cards in a folder and the folders in it as one table, a row a card.

    By number; those with a leak or an error last, the others by error. Columns: name, number, verdict, leaks, RMSE, times the
    best (RMSE over the best possible one), Holm p (against the best baseline), look, seconds, best baseline and best possible
    (their RMSE), hash, same function (other names that handed in the same one), file. Other HTML files are passed over. The
    cards are the readers' own files: what matters is run again by the teacher. A card that cannot be read is left
    out, and its file is named. Raises BadInput when there is no card.
    """
    rows = []
    for file in sorted(Path(folder).rglob("*.html")):
        page = file.read_text(encoding="utf-8", errors="ignore")
        if row := _read(page):
            rows.append(row | {"file": file.name})
        elif "report-card" in page:  # a file cut short, or a page that shows a card
            say(
                f"{file} の成績表は読めないので、表に入れません。`save` で保存したファイルを、もう一度提出してもらってください。",
                f"The report card in {file} cannot be read and is left out. Ask again for the file that `save` writes.",
            )
    if not rows:
        raise BadInput(f"{folder} に成績表がありません。", f"there is no report card in {folder}.")
    columns = ["name", "number", "verdict", "leaks", "RMSE", "times the best", "Holm p", "look", "seconds"]
    columns += ["best baseline", "best possible", "hash", "same function", "file"]
    table = pd.DataFrame(rows).reindex(columns=columns)
    table["times the best"] = table["RMSE"] / table["best possible"]
    names = table.groupby("hash")["name"].agg(set)
    table["same function"] = [", ".join(sorted(names[row["hash"]] - {row["name"]})) for _, row in table.iterrows()]
    table["leaks"] = table["leaks"].map(", ".join)
    last = table["verdict"].isin(["leak", "failed"])
    order = table.assign(last=last).sort_values(["number", "last", "times the best"], kind="stable").index
    return table.loc[order].reset_index(drop=True)
