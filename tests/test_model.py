"""Step 03: the model's shapes, sizes and gradients."""

import pytest
import torch

from helpers.model import LSTMRegressor, count_parameters


def test_the_default_model_has_46301_parameters():
    assert count_parameters(LSTMRegressor()) == 4 * (100 + 100 * 100 + 2 * 100) + (100 * 50 + 50) + (50 + 1) == 46_301


@pytest.mark.parametrize(("cell", "parts"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_cells_are_interchangeable(cell, parts):
    model = LSTMRegressor(hidden_size=7, cell=cell)
    assert count_parameters(model.recurrent) == parts * (7 + 7 * 7 + 2 * 7)
    assert model(torch.zeros(2, 5, 1)).shape == (2, 1)


@pytest.mark.parametrize("hidden_size", [1, 2, 33])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_shapes_for_any_setting(hidden_size, num_layers):
    model = LSTMRegressor(input_size=4, hidden_size=hidden_size, num_layers=num_layers, horizon=14)
    assert model(torch.randn(3, 60, 4)).shape == (3, 14)


def test_the_forecast_comes_from_the_last_state_and_depends_on_every_day():
    torch.manual_seed(0)
    model, x = LSTMRegressor(hidden_size=8), torch.randn(2, 5, 1, requires_grad=True)
    _, (h, _) = model.recurrent(x)
    assert torch.allclose(model(x), model.head(h[-1]))
    model(x).sum().backward()
    assert (x.grad.abs() > 0).all()


def test_another_cell_is_refused_in_both_languages():
    with pytest.raises(ValueError, match="どれか(.|\n)*lstm, gru, rnn: 'transformer'"):
        LSTMRegressor(cell="transformer")


@pytest.mark.parametrize("setting", [{"hidden_size": 0}, {"num_layers": 0}, {"horizon": 1.5}, {"input_size": -1}])
def test_a_size_that_is_none_is_named_in_both_languages(setting):
    (name,) = setting
    with pytest.raises(ValueError, match=f"{name} は 1 以上(.|\n)*{name} must be"):
        LSTMRegressor(**setting)
