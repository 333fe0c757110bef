"""Copy the READMEs' pictures out of the stored outputs of step 05, so that they can never differ."""

import base64
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
PICTURES = {  # id of the cell -> file; the second gives the answer of step 05 away and stands in the folded results
    "forecast": HERE / "forecast.png",
    "lines": HERE / "one_step_lag.png",
}


def stored_picture(cell_id: str) -> bytes:
    """The PNG in the output of one cell of step 05."""
    notebook = json.loads((HERE.parent / "05_validation.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == cell_id]
    return base64.b64decode(cell["outputs"][0]["data"]["image/png"])


if __name__ == "__main__":
    for cell_id, file in PICTURES.items():
        file.write_bytes(stored_picture(cell_id))
