"""No test asks the network; both languages are in force, and no progress is kept, whatever the reader here has chosen or done."""

import os

os.environ.setdefault("LSTM_TUTORIAL_OFFLINE", "1")
os.environ["LSTM_TUTORIAL_LANGUAGE"] = "both"
os.environ["LSTM_TUTORIAL_PROGRESS"] = "none"
for library in (
    "OMP",
    "OPENBLAS",
):  # several tests run side by side: threads of NumPy and torch would only wait for each other
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
