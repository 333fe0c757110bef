"""One term for one thing: what every text calls it, and what none may call it. The glossary of step 00 holds every term."""

import re
from pathlib import Path

import nbformat
import pytest
from minutes import SHEETS, STEPS
from one_language import foreign

ROOT = Path(__file__).parents[1]
# English term, Japanese term, and patterns of words that would be a second name for it, or a metaphor in its place.
TERMS = [
    ("window", "窓", (r"窓に切",)),
    ("horizon", "ホライズン", ("先読み",)),
    ("step", "期", ("歩み",)),
    ("training, validation, test part", "学習部分、検証部分、テスト部分", ("取り置",)),
    ("hold-out", "ホールドアウト", ()),
    ("seed", "シード", (r"(?<![一各品亜多数何機人])種(?![類別々目])(?<!乱数の種)",)),
    ("baseline", "ベースライン", ("相手", r"(?i)\brivals?\b")),
    ("naive forecast", "ナイーブ予測", ()),
    ("seasonal naive forecast", "季節ナイーブ予測", ()),
    ("drift forecast", "ドリフト予測", ()),
    ("level", "水準", ("高さ",)),
    ("change", "変化", ()),
    ("season", "季節性", (r"季節(?!性|ナイーブ)",)),
    ("period", "周期", ()),
    ("missing value", "欠損値", (r"欠けた|欠けて", "歯抜け")),
    ("hidden size", "隠れ状態の次元数", ("数の個数",)),
    ("recurrent layer", "再帰層", ("再帰型の層",)),
    ("forward pass", "順伝播", ("前向き計算",)),
    ("backward pass", "逆伝播", ()),
    ("loss", "損失", ()),
    ("gradient", "勾配", ()),
    ("optimiser", "最適化手法", ()),
    ("learning rate", "学習率", ()),
    ("standardisation", "標準化", ("大きさをそろえ", "尺度をそろえ")),
    ("forecast path", "予測の推移", ("道すじ",)),
    ("prediction interval", "予測区間", ("はさ[まみむめん]", "挟[まみむめん]")),
    ("fan chart", "ファンチャート", ("扇",)),
    ("coverage", "被覆率", ("当たり方", "収まった割合")),
    ("calibration part", "校正部分", ()),
    ("conformal prediction", "コンフォーマル予測", ()),
    ("margin", "余白", ("片側の幅", r"\bhalf widths?\b")),
    ("conformalised quantile regression", "コンフォーマル分位点回帰", ()),
    ("interval score", "区間スコア", ()),
    ("quantile crossing", "分位点の交差", ()),
    ("PIT histogram", "PIT ヒストグラム", ()),
    ("quantile", "分位点", ()),
    ("pinball loss", "ピンボール損失", ("罰", r"\b[Tt]he fine\b")),
    ("skill", "スキル", ()),
    ("chance in the test period", "テスト期間の偶然", ("日による偶然", r"luck of the days")),
    ("leakage", "リーク", ("漏れ",)),
    ("tripwire", "リーク検知テスト", ("仕掛け線", "トリップワイヤ")),
    ("apparent score", "見かけの成績", ("見せかけ", r"(?i)\bpreten(?:d|ds|ded|ce)\b")),
    ("hold-out score", "ホールドアウトでの成績", ()),
    ("walk-forward evaluation", "ウォークフォワード", ("歩き直",)),
    ("queue", "キュー", ("列に戻",)),
    ("lock", "ロック", ("鍵",)),
    ("trial", "試行", ()),
    ("worker", "ワーカー", ()),
    ("device", "デバイス", ("装置",)),
    ("download", "ダウンロード", ("取り寄せ",)),
    ("path", "パス", ("ファイルの場所",)),
    ("mini-batch", "ミニバッチ", ()),
    ("early stopping", "早期終了", ()),
    ("checkpoint", "チェックポイント", ()),
    ("ensemble", "アンサンブル", ()),
    ("global model", "グローバルモデル", ()),
    ("covariate", "共変量", ()),
]
MANNERED = (
    "お世辞",
    "くじ引き",
    "サイコロ",
    "時計",
    "静かです",
    r"(?i)\bsplendid",
    r"(?i)\banew\b",
    r"\bby lot\b",
    r"(?i)\bdice\b",
)
# What may stand all the same: the text around it, and why. No more than five.
EXCEPTIONS: dict[str, str] = {}

TEXTS = [
    *STEPS,
    *SHEETS,
    *sorted((ROOT / "helpers").rglob("*.py")),
    *(ROOT / name for name in ("README.md", "README_EN.md", "TEACHING.md", "CONTRIBUTING.md", "data/README.md")),
]


def read(file: Path) -> str:
    """What a reader sees of a file: of a notebook the cells and what they printed, without pictures."""
    if file.suffix != ".ipynb":
        return file.read_text(encoding="utf-8")
    seen = []
    for cell in nbformat.read(file, as_version=4).cells:
        seen.append(cell.source)
        for output in cell.get("outputs", []):
            seen.append(output.get("text", "") + output.get("data", {}).get("text/html", ""))
    return re.sub(r"base64,[^\"]+", "", "\n".join(seen))


def strangers(text: str) -> list[str]:
    """Every forbidden word in a text, with what stands around it."""
    for allowed in EXCEPTIONS:
        text = text.replace(allowed, "")
    found = []
    for pattern in [pattern for *_, patterns in TERMS for pattern in patterns] + list(MANNERED):
        found += [f"{pattern}: …{text[max(0, m.start() - 15) : m.end() + 15]!r}" for m in re.finditer(pattern, text)]
    return found


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_one_term_for_one_thing(file):
    assert strangers(read(file)) == []


def test_the_patterns_find_what_they_are_for():
    assert len(EXCEPTIONS) <= 5
    for wrong in (
        "窓に切ります",
        "種を変える",
        "3 つの種",
        "季節がある",
        "正しい相手",
        "a rival",
        "仕掛け線",
        "the fine",
        "扇の形",
    ):
        assert strangers(wrong), wrong
    for right in ("窓を切り出す", "乱数の種", "種類", "一種の", "季節性", "季節ナイーブ予測", "fine", "arrival"):
        assert not strangers(right), right


@pytest.mark.parametrize(
    "file", [file for file in TEXTS if file.suffix == ".ipynb"], ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_the_prose_of_a_language_keeps_to_it(file):
    """What make test-browser finds on the page, found here in seconds, as far as it stands in Markdown."""
    prose = "\n".join(cell.source for cell in nbformat.read(file, 4).cells if cell.cell_type == "markdown")
    prose = re.sub(r"(?s)```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", "`", prose)
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    for language in ("ja", "en"):
        parts = re.findall(rf'(?s)<(div|span) lang="{language}">(.*?)</\1>', prose)
        text = re.sub(r"<[^>]*>", "", "\n".join(part for _, part in parts))
        assert foreign(text, language) == []


def test_the_glossary_holds_every_term():
    cells = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4).cells
    glossary = "\n".join(cell.source for cell in cells if cell.id.startswith("glossary"))
    ja, en = (
        "\n".join(re.findall(rf'<div lang="{language}">(.*?)</div>', glossary, re.DOTALL)) for language in ("ja", "en")
    )
    first = {"ja": re.findall(r"(?m)^\| ([^|]+) \|", ja), "en": re.findall(r"(?m)^\| ([^|]+) \|", en)}
    heads = {language: " / ".join(rows) for language, rows in first.items()}
    missing = []
    for english, japanese, _ in TERMS:
        missing += [word for word in re.split("、", japanese) if word not in heads["ja"]]
        missing += [word for word in english.split(", ") if word not in heads["en"]]
    assert missing == []
