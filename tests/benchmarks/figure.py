"""The benchmark in one picture, in the style of the tutorial's figures."""

from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from helpers.language import text
from helpers.plots.style import BLUE, COLOURS, DIGITS, GREEN, GREY, ORANGE, Picture, canvas, label, styled

SECONDS = ("学習と予測（秒）", "training and forecasts (s)")
RECIPES = (("recipe", "s", GREY, ("元の手順", "usual recipe")), ("hidden_100", "o", ORANGE, ("同じモデル、LBFGS", "same model, LBFGS")),
           ("default", "^", BLUE, ("標準（隠れ状態 16）", "default (hidden 16)")))  # fmt: skip
MARKS = {
    "default": "^",
    "default on a regression": "P",
    "plain nn.LSTM": "s",
    "neuralforecast LSTM": "D",
    "AutoARIMA": "v",
    "Ridge": "X",
}
NAMES = {"default": ("標準", "default"), "default on a regression": ("回帰 + 標準", "regression + default")}
GROWN = {"windows": ("窓の数（千）", "windows (thousands)", 1000), "window": ("窓の長さ（行）", "window length (rows)", 1),
         "hidden_size": ("隠れ状態の大きさ", "hidden size", 1)}  # fmt: skip


def _against_recipe(axes: Axes, results: dict) -> None:
    rounds, full = results["recipe"]["rounds"], [run["rmse"] for run in results["recipe"]["full_runs"]["runs"]]
    for name, marker, color, words in RECIPES:
        seconds = [turn[name].get("seconds", turn[name].get("seconds_8000")) for turn in rounds]
        errors = full if name == "recipe" else [turn[name]["rmse"] for turn in rounds]
        axes.plot(seconds, errors, marker, color=color, markeredgecolor="black", label=text(*words))
    label(axes, ("元の手順と比べて（5 つのシード）", "Against the usual recipe (five seeds)"))
    axes.set_xlabel(text("学習（秒）", "training (s)"))
    axes.set_ylabel(text("テストの RMSE（円）", "test RMSE (yen)"))


def _against_rivals(axes: Axes, found: dict, unit: str) -> None:
    for (name, marker), color in zip(MARKS.items(), COLOURS, strict=True):
        if name in found:
            axes.plot(found[name]["seconds"], found[name]["rmse"], marker, color=color, markeredgecolor="black", markersize=9,
                      label=text(*NAMES[name]) if name in NAMES else name)  # fmt: skip
    if found["naive"]["rmse"] < 2 * min(row["rmse"] for row in found.values()):  # elsewhere it is far above all of them
        axes.axhline(
            found["naive"]["rmse"],
            color="black",
            linestyle="--",
            linewidth=1,
            label=text("ナイーブ予測", "naive forecast"),
        )
    axes.set_xlabel(text(*SECONDS))
    axes.set_ylabel(f"RMSE [{unit}]")


def _cost(axes: Axes, results: dict) -> None:
    for (what, (ja, en, unit)), (line, marker, color) in zip(
        GROWN.items(), (("-", "o", BLUE), ("--", "s", ORANGE), (":", "^", GREEN)), strict=True
    ):
        rows = [row for row in results["cost"]["rows"] if row["grown"] == what]
        axes.plot(
            [row["size"] / unit for row in rows],
            [row["median"] for row in rows],
            line,
            marker=marker,
            color=color,
            label=text(ja, en),
        )
    axes.set_yscale("log")
    axes.set_xlabel(text("大きさ", "size"))
    axes.set_ylabel(text("学習（秒）", "training (s)"))
    label(axes, ("何が増えると遅くなるか", "What makes it slow"))


@styled
def benchmark(results: dict) -> Picture:
    """Seconds and errors of the recipe and of the rivals, and the cost of more of everything."""
    figure, ((one, two), (three, four)) = canvas(8.4, nrows=2, ncols=2)
    _against_recipe(one, results)
    _cost(two, results)
    for axes, series, unit, title in ((three, "nikkei", text("円", "yen"), ("日経平均", "Nikkei 225")),
                                      (four, "electricity", "kW", ("電力消費", "Electricity"))):  # fmt: skip
        if "rivals" in results["summary"]:
            _against_rivals(axes, results["summary"]["rivals"][series], unit)
        label(axes, title)
    for axes in (one, two, three, four):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(DIGITS)
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.legend(loc="best", fontsize=8)
    return Picture(figure, "秒数と誤差の散布図が 3 つと、窓の数・窓の長さ・隠れ状態の大きさで学習の秒数が増える線。",
                   "Three scatter plots of seconds and error, and lines of the seconds as windows, window length and hidden size grow.")  # fmt: skip
