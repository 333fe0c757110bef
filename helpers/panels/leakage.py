"""Step 11: switch leaks on, and see who notices."""

from pathlib import Path

from helpers import plots
from helpers.language import text
from helpers.leakage import LEAKS, SCALINGS, Report, laboratory_suite, scores
from helpers.panels.engine import Job, Panel, SeriesMenu, box, choice, looked, slider


def leakage_laboratory(
    series: str | Path = "nikkei225",
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
        for name, planted in ((text("リークなし", "no leak"), []), (text("今の設定", "as ticked"), leaks)):
            both = scores(values, hold_out, test, planted, **settings)
            skills[name] = [both["apparent"]], [both["hold-out"]]
            yield 0.1 * len(skills)
        findings = []
        for finding in laboratory_suite(values[:-hold_out], test, leaks, **settings):
            findings.append(finding)
            yield 0.2 + 0.2 * len(findings)
        picture = plots.apparent_and_hold_out(skills)
        return picture.to_html(fast=True) + Report(findings).to_html() + looked(prices.attrs["name"])

    names = list(dict.fromkeys([menu.names[0], "random_walk", "co2", "ibm", "usdjpy", "electricity"]))
    controls = {"series": choice(names, names[0]), "seed": slider(seed, 0, 20)}
    controls |= {"target": choice(["change", "level"], "change"), "scaling": choice(list(SCALINGS), "standard")}
    words = LEAKS | {"scaling": ("スケーリング", "scaling")}
    return Panel(controls | {leak: box(False) for leak in LEAKS}, work, words)
