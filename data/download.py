"""Ask Yahoo Finance now for every series that notebooks download, so that no one has to wait or be online later."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from helpers.data import DataError, load_prices  # noqa: E402
from helpers.data.yahoo import PERIODS  # noqa: E402
from helpers.language import both  # noqa: E402


def main() -> int:
    """Download what is not in data/downloads/ yet; say for every series whether it is there. Returns how many are not."""
    missing = 0
    for name in PERIODS:
        try:
            print(f"data/downloads/{name}.csv: {len(load_prices(name)):,}")
        except DataError as error:
            missing += 1
            print(error)
    print(
        both(
            "data/downloads/ のファイルは自分で使うためのものです。日経平均を人に配るには、日本経済新聞社の許諾が必要です。",
            "The files in data/downloads/ are for your own use. To hand out the Nikkei you need a licence from Nikkei Inc.",
        )
    )
    return missing


if __name__ == "__main__":
    main()  # where the network fails, IBM stands in: nothing to stop for
