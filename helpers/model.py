"""Step 03: a recurrent layer that reads the window day by day, and two dense layers that turn its last state into a forecast."""

import contextlib

from torch import Tensor, nn

from helpers.language import check_choice, check_whole

with contextlib.suppress(ImportError):
    from helpers import tuning  # noqa: F401  (faster, nothing else: that file can be deleted)

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class LSTMRegressor(nn.Module):
    """Forecast the next values from a window: recurrent layer -> last hidden state -> Linear -> ReLU -> Linear.

    input_size: features per step. hidden_size: dimensions of the hidden state. num_layers: recurrent layers on top of
    each other. horizon: values to forecast. cell: "lstm" (Hochreiter & Schmidhuber 1997), "gru" (Cho et al. 2014) or
    "rnn" (Elman 1990). Raises BadInput for another cell, and for a number that is not whole and at least 1.
    """

    def __init__(
        self, input_size: int = 1, hidden_size: int = 100, num_layers: int = 1, horizon: int = 1, cell: str = "lstm"
    ):
        super().__init__()
        check_choice("cell", cell, CELLS)
        check_whole(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers, horizon=horizon)
        middle = (hidden_size + 1) // 2
        self.recurrent = CELLS[cell](input_size, hidden_size, num_layers, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden_size, middle), nn.ReLU(), nn.Linear(middle, horizon))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, window, input_size) -> (batch, horizon)."""
        o, _ = self.recurrent(x)  # o: the last layer's hidden state at every step, (batch, window, hidden_size)
        return self.head(o[:, -1])


def count_parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
