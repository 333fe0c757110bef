"""Copy the README's picture out of the stored output of step 05, so that the two can never differ."""

import base64
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
PICTURE = HERE / "one_step_lag.png"


def stored_picture() -> bytes:
    """The PNG in the output of the one cell tagged `readme-picture`."""
    notebook = json.loads((HERE.parent / "05_validation.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if "readme-picture" in cell["metadata"].get("tags", [])]
    return base64.b64decode(cell["outputs"][0]["data"]["image/png"])


if __name__ == "__main__":
    PICTURE.write_bytes(stored_picture())
