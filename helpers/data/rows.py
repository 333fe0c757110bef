"""From a file to rows of cells that know where they stand: packs, encodings, separators, and what is no CSV at all."""

import contextlib
import csv
import gzip
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from pathlib import Path

from helpers.data.table import DataError

TITLE_LINES = 20  # of a file may come before its header: a name, an address, terms of use
Row = tuple[tuple[str, str], list[str]]  # where it stands, in both languages, and its cells


def read_text(file: Path) -> str:
    """What a file says, packed or not, in one of three encodings; DataError where it cannot be opened or is no text."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise DataError("ファイルがありません。パスを確かめてください", "no such file; check its path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"読めません: {reason}。ファイルのパスか、読む権限を確かめてください",
            f"cannot be read: {reason}; check that it is the path of a file that you may read",
        ) from None
    try:
        raw = _unpacked(raw)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise DataError(
            "圧縮ファイルが壊れているか、パスワードが付いています。CSV を取り出してください",
            "the packed file is damaged or has a password; unpack the CSV",
        ) from None
    for encoding in ["utf-16"] if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp932"]:
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return text
    raise DataError("文字を読み取れません。UTF-8 で保存し直してください", "no readable text; save it as CSV in UTF-8")


def _unpacked(raw: bytes) -> bytes:
    """What a gzip or zip file with one CSV holds; other bytes as they are."""
    if raw.startswith(b"\x1f\x8b"):
        return gzip.decompress(raw)
    if not raw.startswith(b"PK\x03\x04"):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as pack:
        names = [name for name in pack.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
        if any(name.startswith("xl/") for name in names):
            raise DataError(
                "Excel のファイルです。CSV で保存し直すか、pd.read_excel で読んだ表を load_prices に渡してください",
                "an Excel file; save it as CSV, or hand load_prices the table that pd.read_excel gives",
            )
        if len(names) != 1:
            listed = ", ".join(names)[:100]
            raise DataError(f"CSV を一つだけ入れてください: {listed}", f"it must hold one CSV alone: {listed}")
        return pack.read(names[0])


def separator_of(text: str) -> str:
    """What divides the cells: it stands equally often in every line, header and all; what stands inside of cells does not."""
    top = text.strip().splitlines()[: 2 * TITLE_LINES]
    counts = {mark: Counter(line.count(mark) for line in top if mark in line) for mark in "\t;,"}
    return max(counts, key=lambda mark: max(counts[mark].values(), default=0))


def records(text: str) -> list[Row]:
    """Every line that is not blank, with its number in an editor; full-width characters become plain."""
    first = text.strip().partition("\n")[0]
    if re.match(r"<(!doctype|html|head|body|table|\?xml|script)", first, re.IGNORECASE):
        raise DataError("CSV ではなく HTML です。CSV を保存し直してください", "an HTML page; save the CSV itself")
    if first[:1] in ("{", "["):
        raise DataError(
            "CSV ではなく JSON です。pd.read_json で読んだ表を load_prices に渡してください",
            "JSON, not CSV; hand load_prices the table that pd.read_json gives",
        )
    # pandas counts neither blank lines nor line breaks inside quotes: only the csv module knows the line in an editor.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), skipinitialspace=True)
    try:
        rows = [(reader.line_num, [unicodedata.normalize("NFKC", cell).strip() for cell in row]) for row in reader]
    except csv.Error:
        line = reader.line_num
        raise DataError(f'{line} 行目の近くに、閉じていない " があります', f'near line {line}: an unclosed "') from None
    found = [((f"{line} 行目", f"line {line}"), cells) for line, cells in rows if any(cells)]
    if not found:
        raise DataError("空のファイルです。CSV を保存し直してください", "the file is empty; save the CSV again")
    return found
