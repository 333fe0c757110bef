"""Step 11: switch leaks on, and see who notices."""

from pathlib import Path

import pandas as pd

from helpers import plots
from helpers.language import text
from helpers.leakage import LEAKS, SCALINGS, Finding, Report, laboratory_suite, scores
from helpers.panels.controls import SeriesMenu, box, choice, looked, slider
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, number, source

PLACE = 600, 300  # of the picture, in CSS pixels


def leakage_laboratory(
    series: str | Path | pd.DataFrame = "nikkei225",
    fallback: str | None = "ibm",
    *,
    rows: int = 600,
    hold_out: int = 100,
    test: int = 100,
    seed: int = 0,
) -> Panel:
    """A box for each leak: tick it, and the pipeline is trained again, scored on test and hold-out, and run over the tripwires.

    series, fallback: as in `load_prices`; of the column to forecast the last `rows` values are used. Each answer shows the
    hold-out, the last `hold_out` of them, and counts as a look at it.
    """
    menu = SeriesMenu(series, fallback, rows)

    def work(series: str, seed: int, target: str, scaling: str, **ticked: bool) -> Job:
        prices = menu[series]
        values = prices[prices.attrs["column"]].to_numpy()
        leaks = [leak for leak, on in ticked.items() if on]
        settings = {"seed": seed, "target": target, "scaling": scaling}
        skills = {}
        for name, planted in ((("リークなし", "no leak"), []), (("今の設定", "as ticked"), leaks)):
            skills[name] = scores(values, hold_out, test, planted, **settings)
            yield 0.1 * len(skills)
        findings: list[Finding] = []
        for finding in laboratory_suite(values[:-hold_out], test, leaks, **settings):
            findings.append(finding)
            yield 0.2 + 0.2 * len(findings)
        told, ticked_skills = looked(prices.attrs["name"]), skills["今の設定", "as ticked"]
        fired = [finding.tripwire for finding in findings if finding.fired]

        def show() -> Shown:
            bars = {name: ([both["apparent"]], [both["hold-out"]]) for name, both in skills.items()}
            with plots.room(*PLACE):
                picture = plots.apparent_and_hold_out(bars)
            apparent, used = (number(ticked_skills[part], 3, "+") for part in ("apparent", "hold-out"))
            names = f"（{'、'.join(fired)}）" if fired else "", f" ({', '.join(fired)})" if fired else ""
            said = [
                (
                    f"スキルは、見かけでは {apparent}、ホールドアウトでは {used} です。",
                    f"The apparent skill is {apparent}; on the hold-out it is {used}.",
                ),
                (
                    f"{len(findings)} 個のリーク検知テストのうち、検知したのは {len(fired)} 個です{names[0]}。",
                    f"Of {len(findings)} tripwires, {len(fired)} fired{names[1]}.",
                ),
            ]
            both = {
                text("見かけ", "apparent"): ticked_skills["apparent"],
                text("ホールドアウト", "hold-out"): ticked_skills["hold-out"],
                text("検知", "fired"): len(fired),
            }
            heading = text("4 つのテストの結果", "what the four tripwires saw")
            return Shown(said, [picture], {heading: Report(findings).to_html()}, both, told)

        return show

    def code(series: str, seed: int, target: str, scaling: str, **ticked: bool) -> str:
        leaks, settings = (
            [leak for leak, on in ticked.items() if on],
            arguments(seed=seed, target=target, scaling=scaling),
        )
        return source(f"""
            from helpers.data import load_prices
            from helpers.leakage import Report, laboratory_suite, scores
            from helpers.windows import look

            prices = {menu.code(series)}
            values = prices[prices.attrs["column"]].to_numpy()
            leaks = {leaks!r}
            look(prices.attrs["name"])  # at the hold-out, once more
            skills = scores(values, {hold_out}, {test}, leaks, {settings})
            findings = list(laboratory_suite(values[:-{hold_out}], {test}, leaks, {settings}))
            print(skills)
            Report(findings)
        """)

    names = list(dict.fromkeys([menu.names[0], "random_walk", "co2", "ibm", "usdjpy", "electricity"]))
    controls = {"series": choice(names, names[0]), "seed": slider(seed, 0, 20)}
    controls |= {"target": choice(["change", "level"], "change"), "scaling": choice(list(SCALINGS), "standard")}
    words = LEAKS | {"scaling": ("スケーリング", "scaling")}
    return Panel(controls | {leak: box(False) for leak in LEAKS}, work, words, code=code, lines=4)
