"""What the measurements come to: the summary in results.json, and the tables that both READMEs show between their markers."""

import json
import re
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
READMES = {"ja": "README.md", "en": "README_EN.md"}
QUIET = 0.1  # the share of the machine that other processes may have in a run whose seconds are quoted
BLOCK = re.compile(r"(<!-- numbers: benchmark -->\n)((?:\|.*\n)*)")
MANY_BLOCK = re.compile(r"(<!-- numbers: benchmark_many -->\n)((?:\|.*\n)*)")
COVARIATES = ("前の週の値、いつもの値、曜日と時刻", "last week's value, the usual value, weekday and time")
# The methods of step 10's task, and what each was given of what is known ahead.
MANY = {
    "now + usual change": (("今 + いつもの変化（学習なし）", "Now + the usual change (nothing is learned)"), ("いつもの値", "the usual value")),
    "ridge for each": (("系列ごとのリッジ回帰", "A ridge for each"), COVARIATES),
    "ridge for all": (("共通のリッジ回帰", "One ridge for all"), COVARIATES),
    "boosting for all": (("共通のブースティング", "One boosting for all"), COVARIATES),
    "LSTM for all": (("共通の LSTM（この教材）", "One LSTM for all (this tutorial)"), COVARIATES),
    "AutoARIMA for each": (
        ("statsforecast の AutoARIMA、系列ごと", "statsforecast's AutoARIMA for each"),
        ("前の週の値、いつもの値。渡していないもの：曜日と時刻の 25 列、欠損値（埋めました）",
         "last week's value, the usual value; not: the 25 columns of weekday and time, missing values (filled)")),
    "neuralforecast LSTM for all": (
        ("neuralforecast の共通の LSTM", "neuralforecast's LSTM for all"),
        (f"{COVARIATES[0]}。渡していないもの：欠損値（埋めました）", f"{COVARIATES[1]}; not: missing values (filled)")),
}  # fmt: skip


def _recipe(section: dict) -> dict:
    rounds = section["rounds"]

    def seconds(name):
        return [turn[name].get("seconds", turn[name].get("seconds_8000")) for turn in rounds]

    def ratio(slow, fast):
        return median(a / b for a, b in zip(seconds(slow), seconds(fast), strict=True))

    rows = {name: {"seconds": median(seconds(name)), "ratio": ratio("recipe", name), "ratio_to_tuned_recipe": ratio("tuned_recipe", name)}
            for name in ("recipe", "tuned_recipe", "default", "hidden_100")}  # fmt: skip
    for name in ("default", "hidden_100"):
        rows[name]["rmse"] = median(turn[name]["rmse"] for turn in rounds)
    if section["full_runs"]:
        rows["recipe"]["rmse"] = median(run["rmse"] for run in section["full_runs"]["runs"])
    rows["others"] = median(turn["recipe"]["others"] for turn in rounds)
    rows["recipe"]["extrapolated"] = any(turn["recipe"]["extrapolated"] for turn in rounds)
    return rows


def _rivals(section: dict) -> dict:
    found = {}
    for series in ("nikkei", "electricity"):
        for model in dict.fromkeys(run["model"] for run in section[series]):
            runs = [run for run in section[series] if run["model"] == model]
            found.setdefault(series, {})[model] = {"seconds": median(run["seconds"] for run in runs),
                                                   "rmse": median(run["rmse"] for run in runs), "runs": len(runs)}  # fmt: skip
    return found


def _speed(section: dict) -> dict:
    ms = section["batched_seeds"]["ms"]
    five = median(run["seconds"] for run in section["five_seeds"])
    return {"five_seeds_seconds": five, "batched_ms": median(ms["batched"]), "one_by_one_ms": median(ms["one_by_one"])}


def _neighbour(section: dict) -> dict:
    beside = {
        run["hidden_size"]: {name: median(seconds) for name, seconds in run["seconds"]["beside"].items()}
        for run in section["runs"]
    }
    return {
        str(size): {"seconds_beside": each, "default_to_one_thread": each["default"] / each["1 thread"]}
        for size, each in beside.items()
    }


def _many(section: dict) -> dict:
    runs = section["runs"] + section["rivals"]["runs"]
    columns = ("seconds", "cpu_seconds", "rmse", "imports_mb", "peak_mb")
    found = {}
    for model in dict.fromkeys(run["model"] for run in runs):
        own = [run for run in runs if run["model"] == model]
        measured = {name: [run[name] for run in own if run[name] is not None] for name in columns}  # memory: Linux only
        found[model] = {"runs": len(own)} | {
            name: median(values) if values else None for name, values in measured.items()
        }
        if len(own) > 1:
            found[model]["rmse_of_mean"] = own[0]["rmse_of_mean"]
    return {"methods": found, "others": median(run["others"] for run in section["runs"])}


SUMMARIES = {"recipe": _recipe, "speed": _speed, "neighbour": _neighbour, "rivals": _rivals, "many": _many,
             "kernel": lambda section: {"seconds": median(section["seconds"])},
             "memory": lambda section: {name: run["peak_mb"] for name, run in section.items() if isinstance(run, dict) and "peak_mb" in run}}  # fmt: skip


def summary(results: dict) -> dict:
    """Medians and ratios of the sections that there are."""
    return {name: compute(results[name]) for name, compute in SUMMARIES.items() if name in results}


def table(results: dict, language: str) -> str:
    """The README's table: the recipe against the default, by seconds, ratio and error."""
    found = summary(results)["recipe"]
    words = {
        "ja": ("日経平均、始値の翌日予測（5 つのシードの中央値）", "学習（秒）", "速さ", "テストの RMSE（円）",
               "よくある手順：隠れ状態 100、AdamW、8,000 エポック", "同じモデル：隠れ状態 100、LBFGS", "この教材の標準：隠れ状態 16、LBFGS", "{:,.0f} 倍", "（400 エポックから換算）"),
        "en": ("Next day's opening price of the Nikkei (median of five seeds)", "Training (seconds)", "Speed", "Test RMSE (yen)",
               "The usual recipe: hidden size 100, AdamW, 8,000 epochs", "The same model: hidden size 100, LBFGS", "This tutorial's default: hidden size 16, LBFGS", "{:,.0f} times", " (extrapolated from 400 epochs)"),
    }[language]  # fmt: skip
    lines = [f"| {' | '.join(words[:4])} |", "|---|---|---|---|"]
    for name, label in zip(("recipe", "hidden_100", "default"), words[4:7], strict=True):
        row = found[name]
        seconds = f"{row['seconds']:.0f}" if row["seconds"] >= 10 else f"{row['seconds']:.2f}"
        note = words[8] if row.get("extrapolated") else ""
        speed = words[7].format(row["ratio"]) if name != "recipe" else "1"
        lines.append(f"| {label} | {seconds}{note} | {speed} | {row['rmse']:.0f} |")
    return "\n".join(lines) + "\n"


def many_table(results: dict, language: str) -> str:
    """The table of step 10's task: what each method was given, seconds, error and memory, sorted by error; what was not measured last."""
    found, at = summary(results)["many"], list(READMES).index(language)
    heads, mean = (
        (("20 か所の駐車場、30 分ごとに 4 つ先まで（テストは最後の 2 週間）", "渡した既知の共変量", "秒（CPU 秒）", "RMSE（割合）", "最大メモリー（MB、うち読み込み）"),
         ("Twenty car parks, four half-hours ahead (test: the last two weeks)", "Covariates given", "Seconds (CPU seconds)", "RMSE (share taken)", "Peak memory (MB, of which imports and data)")),
        ("{} シードの平均の予測は {:.4f}", "mean forecast of {} seeds: {:.4f}"),
    )  # fmt: skip
    brackets = ("（{}）", " ({})")[at]
    lines = [f"| {' | '.join(heads[at])} |", "|---|---|---|---|---|"]
    for model, row in sorted(found["methods"].items(), key=lambda item: -item[1]["rmse"]):
        label, given = (words[at] for words in MANY[model])
        seconds, cpu = (
            f"{row[name]:.2f}" if row[name] < 10 else f"{row[name]:.0f}" for name in ("seconds", "cpu_seconds")
        )
        note = brackets.format(mean[at].format(row["runs"], row["rmse_of_mean"])) if row["runs"] > 1 else ""
        memory = "–" if row["peak_mb"] is None else f"{row['peak_mb']:.0f}{brackets.format(round(row['imports_mb']))}"
        lines.append(f"| {label} | {given} | {seconds}{brackets.format(cpu)} | {row['rmse']:.4f}{note} | {memory} |")
    for model in [name for name in MANY if name not in found["methods"]]:
        label, given = (words[at] for words in MANY[model])
        lines.append(f"| {label} | {given} | {('測っていません', 'not measured')[at]} | – | – |")
    return "\n".join(lines) + "\n"


def write_readmes(results: dict) -> None:
    """Renew the tables after their markers, in each README that has them."""
    for language, name in READMES.items():
        path = HERE.parents[1] / name
        text = path.read_text(encoding="utf-8")
        text = BLOCK.sub(lambda found: found[1] + table(results, language), text)  # noqa: B023
        text = MANY_BLOCK.sub(lambda found: found[1] + many_table(results, language), text)  # noqa: B023
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for language in READMES:
        sys.stdout.write(table(json.loads((HERE / "results.json").read_text(encoding="utf-8")), language) + "\n")
