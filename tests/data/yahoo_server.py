"""A server on 127.0.0.1 that answers as Yahoo's chart API does, well or badly; the tests of the download talk to it."""

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

DELISTED = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
NOT_FOUND = {"chart": {"result": None, "error": DELISTED}}
NOTHING = {"chart": {"result": [], "error": None}}
HTML = "<!DOCTYPE html><html><body>Will be back soon</body></html>"
FIRST = (27575.57, 27602.11, 27042.32, 27258.38, 51500000)  # the index on 2021-01-04 and 2025-06-19
LAST = (38858.52, 38870.55, 38488.34, 38488.34, 89300000)


def days() -> list[pd.Timestamp]:
    """1,092 days from 2021-01-04 to 2025-06-19, as many as the real series has."""
    every = pd.bdate_range("2021-01-04", "2025-06-19")
    return list(every[np.linspace(0, len(every) - 1, 1092).round().astype(int)])


def chart(rows: int | None = None, hole: bool = False, dates: list[pd.Timestamp] | None = None) -> dict:
    """The answer's JSON: prices as 32-bit numbers, and one holiday without any value.

    rows: only the first so many days. hole: one opening price in the middle is null. dates: other days than `days()`.
    """
    dates = (dates or days())[:rows]
    walk = 27000 + np.cumsum(np.random.default_rng(1).normal(0, 100, len(dates)))
    quote = np.column_stack([walk, walk + 200, walk - 200, walk + 50, np.full(len(dates), 6e7)]).round(2)
    quote[0], quote[-1] = FIRST, LAST
    columns = {name: np.float32(quote[:, k]).tolist() for k, name in enumerate(["open", "high", "low", "close"])}
    columns["volume"] = list(map(int, quote[:, 4]))
    if hole:
        columns["open"][len(dates) // 2] = None
    later = dates[-1] + pd.Timedelta(days=1)
    holiday = next((day for day in pd.bdate_range(dates[0], dates[-1]) if day not in dates), later)
    stamps = [int(day.timestamp()) for day in [*dates, holiday]]  # midnight in Greenwich is 9 in the morning in Tokyo
    for column in columns.values():
        column.append(None)
    columns["volume"][-1] = 100  # a price nobody made, and yet a volume: Yahoo has such days
    meta = {
        "currency": "JPY",
        "symbol": "^N225",
        "exchangeName": "OSA",
        "instrumentType": "INDEX",
        "gmtoffset": 32400,
        "timezone": "JST",
        "exchangeTimezoneName": "Asia/Tokyo",
        "priceHint": 2,
        "dataGranularity": "1d",
        "regularMarketTime": stamps[-1],
        "validRanges": ["1d", "1y", "max"],
    }
    indicators = {"quote": [columns], "adjclose": [{"adjclose": [close and close * 0.9 for close in columns["close"]]}]}
    return {"chart": {"result": [{"meta": meta, "timestamp": stamps, "indicators": indicators}], "error": None}}


def kept() -> bytes:
    """The file that a good download leaves."""
    rows = chart()["chart"]["result"][0]["indicators"]["quote"][0]
    lines = [
        f"{day:%Y-%m-%d},"
        + ",".join(str(np.float32(rows[c][k])) for c in ("open", "high", "low", "close"))
        + f",{rows['volume'][k]}"
        for k, day in enumerate(days())
    ]
    return "\n".join(["Date,Open,High,Low,Close,Volume", *lines, ""]).encode()


class Yahoo(BaseHTTPRequestHandler):
    """Plays the behaviour its server was told: a status and a body, or "cut", "drop", "stall", "drip"."""

    def do_GET(self):
        path = urlsplit(self.path)
        self.server.asked.append(path.path)
        if "/chart/" in path.path:
            kind = "prices" if "period1" in parse_qs(path.query) else "zone"
            answers = self.server.behaviour.get(kind, self.server.behaviour["prices"])
            if isinstance(answers, list):  # one after the other; the last one for good
                answers = answers.pop(0) if len(answers) > 1 else answers[0]
            self.play(*answers)
        elif path.path.endswith("/getcrumb"):
            self.play(*self.server.behaviour.get("crumb", (200, "crumb")))
        else:
            self.play(*self.server.behaviour.get("cookie", (404, "")))

    do_POST = do_GET

    def play(self, status, body):
        if status == "stall":
            self.server.closing.wait(30)
            return
        if status == "drip":  # never silent for long, and done in half a minute at the earliest
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # the reader gave up
                for _ in range(600):
                    if self.server.closing.wait(0.05):
                        break
                    self.wfile.write(b" ")
            return
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200 if status in ("cut", "drop") else status)
        sent = content[: len(content) // 2] if status in ("cut", "drop") else content
        self.send_header("Content-Length", str(len(content) if status == "drop" else len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@contextmanager
def running(behaviour: dict):
    """The server's (base address, list of asked paths) while it runs. behaviour: {"prices": (status, body) or several, ...}."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Yahoo)
    server.handle_error = lambda *_: None  # a reader that gave up: no traceback of the server's among what is tested
    server.behaviour, server.asked, server.closing = behaviour, [], threading.Event()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
