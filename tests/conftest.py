"""No test asks the network, and both languages are in force, whatever the reader at this machine has chosen."""

import os

os.environ.setdefault("LSTM_TUTORIAL_OFFLINE", "1")
os.environ["LSTM_TUTORIAL_LANGUAGE"] = "both"
