"""Which words of a text that a reader sees are not in the language that was chosen."""

import re

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")
# English words that stand in Japanese text. A term in brackets at its first use, 日本語（English）, is left out below; the rest:
KEPT = {
    # models, methods and measures that have no other name, and CO2
    *"LSTM RNN GRU RMSE RMSSE MAE MASE CRPS PIT CQR ACI NRMSE EWM HAR AR HC AdamW Adam LBFGS TPE MSE CO ReLU tanh sigmoid".split(),
    # people whose names a method bears
    *"Holm Diebold Mariano Wolfe Newey West Hyndman Koehler Athanasopoulos Corsi Politis Romano".split(),
    # software, data and places
    *"Python PyTorch NumPy pandas scikit learn statsmodels Optuna JupyterLab TensorBoard SQLite GitHub Linux Windows OK".split(),
    *"FRED Nasdaq torchmetrics Forecaster Scale DataFrame float inf NaN kept state torch Chronos CHRONOS".split(),  # names of code among words, too
    *"Nikkei Amazon IBM Yahoo Finance Stooq investing com Excel CSV HTML GPU CPU CUDA UTF Shift JIS oneDNN gRPC IEEE".split(),
    # columns of the data, which the reader writes in code, and values of Python
    *"Open High Low Close Volume Date True False None ms kW ppm".split(),
    *"car park capacity cars Shopping BHMBCCMKT".split(),  # of the car parks, and their names
    *"Shift Enter Ctrl".split(),  # keys
}
MENU = re.compile(r"Run → Run All Cells|Kernel → Restart Kernel and Run All Cells")  # as JupyterLab writes them
SOURCE = re.compile(r"出典: .*")  # of data, as the source names itself
# In what a cell prints: a name with a bracket, a point or an underscore, a part of a model, what stands in quotes, package==version.
CODE = re.compile(r"'[^']*'|\(\w+\): |\"[^\"]*\"|[\w-]+==\S+|\b\w*_\w+|\b\w+(?:\.\w+)+|\b\w+(?=[(\[=])")


def foreign(text: str, language: str) -> list[str]:
    """The words of a text shown in "ja" or "en" that belong to the other language; code is one sign, `."""
    if language == "en":
        return JAPANESE.findall(text)
    bare = CODE.sub("`", MENU.sub("", SOURCE.sub("", re.sub(r"（[^（）]*）", "", text))))
    return [word for word in re.findall(r"[A-Za-z]{2,}", bare) if word not in KEPT]
