"""Thin helpers of the tutorial: one module per step, plus figures, language and widgets."""

from pathlib import Path

if not (Path(__file__).parents[1] / "pyproject.toml").exists():  # pip install . copies this folder alone, without data
    raise ImportError(
        "教材のフォルダーの中で pip install -e . を実行してください（-e がないと、データとノートブックが見つかりません）。\n"
        "Run pip install -e . inside the tutorial's folder (without -e, data and notebooks are not found)."
    )
