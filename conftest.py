"""No test asks the network, and both languages are in force, whatever the reader at this machine has chosen."""

import os

os.environ.setdefault("LSTM_TUTORIAL_OFFLINE", "1")
os.environ["LSTM_TUTORIAL_LANGUAGE"] = "both"
for library in (
    "OMP",
    "OPENBLAS",
):  # several tests run side by side: threads of NumPy and torch would only wait for each other
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
