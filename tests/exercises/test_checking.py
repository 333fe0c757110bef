"""The checks of the exercises say what is wrong, whatever the answer is."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.exercises.checking import COARSE, CORRECT, OVERWRITTEN, UNFILLED, Expected, judge
from helpers.exercises.step import Step
from helpers.language import check_whole

NAMED = ("長さが 2 倍です。", "Twice as long.")


def said(answer, right, **more):
    return judge(answer, Expected(right, [], **more))


@pytest.mark.parametrize("answer", [..., None, [1, ...], (..., ...), {"a": ...}])
def test_an_unfilled_answer(answer):
    assert said(answer, 3) == (False, UNFILLED)


@pytest.mark.parametrize(
    "answer",
    [3, 3.0, 3.00001, True + 2, np.float32(3), np.array(3), np.array([3]), np.array([[3.0]]), torch.tensor(3), [3], (3,), pd.Series([3]),
     torch.tensor(3.0, requires_grad=True), [torch.tensor(3.0, requires_grad=True)], {"k": 3}],
)  # fmt: skip
def test_a_number_in_any_form_is_right(answer):
    assert said(answer, 3) == (True, CORRECT)


@pytest.mark.parametrize(
    "answer",
    [[1, 2, 4], (1, 2, 4), np.array([[1, 2, 4]]), torch.tensor([[1], [2], [4]]), pd.Series([1, 2, 4], index=list("abc")), {"a": 1, "b": 2, "c": 4},
     pd.DataFrame({"x": [1, 2, 4]}), range(1, 5)],
)  # fmt: skip
def test_an_array_in_any_form_is_right(answer):
    right = np.arange(1, 5) if isinstance(answer, range) else [1, 2, 4]
    assert said(answer, right) == (True, CORRECT)


class Hostile:
    def __array__(self, *arguments, **named):
        raise RuntimeError("no array")

    def __len__(self):
        raise RuntimeError("no length")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __repr__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "right", [3, [1.0, 2.0, 3.0], (1, 2), "past", pd.Timestamp("2020-01-02"), np.eye(3), (np.eye(2), "a")], ids=str
)
@pytest.mark.parametrize(
    "answer",
    ["three", b"3", 3j, [[1], [2, 3]], {1, 2}, object(), Hostile(), [Hostile()], float("nan"), [], [[]], np.array([]), torch.zeros(0), print,
     [1, "a"], {"a": [1]}, pd.NA, np.array([1, None]), np.datetime64("NaT"), pd.DataFrame({"x": ["a"]}), 10**400, type, 1e308, iter([1])],
    ids=lambda answer: type(answer).__name__,
)  # fmt: skip
def test_whatever_the_answer_is_it_is_told_that_it_is_wrong(answer, right):
    right_, (ja, en) = judge(answer, Expected(right, [(right, *NAMED)]))
    assert right_ is False and ja and en and ja != en


@pytest.mark.parametrize(
    ("answer", "right", "ja", "en"),
    [
        ("three", 3, "数、リスト、配列、テンソルのどれかで答えてください。", "Answer with a number, a list, an array or a tensor."),
        ([1, 2], [1, 2, 4], "形が違います: (2,) ではなく (3,) です。", "Wrong shape: (2,), not (3,)."),
        ([1, 2, 5], [1, 2, 4], "形は合っていますが、3 個のうち 1 個の値が違います。", "Right shape, but 1 of 3 values are wrong."),
        ([1, np.nan, 4], [1, 2, 4], "3 個のうち 1 個が、NaN になるはずのないところで NaN です。", "1 of 3 values are NaN where they should not be."),
        (2.5, 3, "2.5 は違います。", "2.5 is not it."),
        (-3, 3, "符号が逆です。", "The sign is the wrong way round."),
        (1.2, 0.012, "100 倍になっています。百分率や合計で答えていないかを確かめてください。", "This is 100 times too large: is it in per cent, or a sum?"),
        (0.03, 3, "100 分の 1 になっています。単位を確かめてください。", "This is 100 times too small: look at the unit."),
        ([4, 2, 1], [1, 2, 4], "値は合っていますが、並びが逆です。", "The values are right, but in reverse order."),
        (np.arange(6).reshape(3, 2).T, np.arange(6).reshape(3, 2), "行と列が入れかわっています。", "Rows and columns have changed places."),
        ("future", "past", "'future' は違います。", "'future' is not it."),
        ((1, 3), (1, 2), "2 つ目: 3 は違います。", "Value 2: 3 is not it."),
        (1, (1, 2), "2 つの値を並べて答えてください。", "Answer with 2 values in a row."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(answer, right, ja, en):
    assert said(answer, right) == (False, (ja, en))


@pytest.mark.parametrize("answer", [0, 0.0, 0.0037, -0.0018])
def test_a_number_near_zero_is_not_called_too_small(answer):
    _, (_, en) = said(answer, 0.2, tolerance=0.1)
    assert en == f"{answer:.6g} is not it."
    assert "100 times too small" in said(0.0021, 0.2, tolerance=0.1)[1][1]


def test_shapes_count_where_the_exercise_says_so():
    assert said(np.ones((4, 1)), np.ones(4))[0] and not said(np.ones((4, 1)), np.ones(4), shaped=True)[0]


def test_words_and_dates():
    assert said(" Past", "past")[0]
    for date in ("2020-01-02", pd.Timestamp("2020-01-02"), np.datetime64("2020-01-02")):
        assert said(date, pd.Timestamp("2020-01-02"))[0]
    assert not said("2020-01-03", pd.Timestamp("2020-01-02"))[0]


def test_a_mistake_that_is_known_is_named_and_what_is_right_goes_before_it():
    expected = Expected(3, [(6, *NAMED), (3, "x", "x")], found=("だから長い。", "So it is long."))
    assert judge(6, expected) == (False, NAMED)
    assert judge(3, expected) == (True, ("正解です。 だから長い。", "Correct. So it is long."))


# Functions


def total(values, start):
    return float(np.sum(values)) + start


TOTAL = Expected(total, [(lambda values, start: float(np.sum(values)), *NAMED)], [([1, 2], 1), (np.arange(4.0), 2)])


def spoils_its_argument(values, start):
    result = np.sum(values) + start
    values[0] = 1000
    return torch.tensor(result)


def never_ends(values, start):
    return never_ends(values, start)


def leaves(values, start):
    raise SystemExit


@pytest.mark.parametrize(
    ("answer", "right", "words"),
    [
        (total, True, "Correct."),
        (spoils_its_argument, False, "The function changes the arguments that it is given: change a copy of them."),
        (lambda values, start: sum(values) + start, True, "Correct."),
        (lambda values, start: sum(values), False, NAMED[1]),
        (lambda values, start: None, False, "The function gives nothing back"),
        (lambda values, start: ..., False, "No answer yet"),
        (lambda values, start: None if start > 1 else sum(values) + start, False, "2) it gives None. The function gives nothing back"),
        (lambda values, start: "a", False, "With the arguments ([1, 2], 1) it gives 'a'. Answer with a number"),
        (lambda values, start: sum(values) + start + (len(values) > 2), False, "With the arguments ([0.0, 1.0, 2.0, 3.0], 2) it gives 9.0. 9 is not it."),
        (lambda values: 1, False, "With the arguments ([1, 2], 1): It raised an error: TypeError"),
        (lambda values, start: 1 / 0, False, "It raised an error: ZeroDivisionError"),
        (never_ends, False, "RecursionError"),
        (leaves, False, "SystemExit"),
        (lambda values, start: (np.ones((3, 4)), 1), False, "it gives (ndarray (3, 4), 1). Answer with a number"),
        (lambda values, start: check_whole(start=-1), False, "BadInput: start must be a whole number of at least 1: -1"),
        (lambda values, start: Hostile(), False, "Answer with a number"),
        (4.0, False, "Answer with a function."),
    ],
)  # fmt: skip
def test_functions_are_called(answer, right, words):
    judged, (ja, en) = judge(answer, TOTAL)
    assert judged is right and words in en and ja != en


def test_an_interrupt_is_let_through():
    def stop(values, start):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(stop, TOTAL)


def test_a_variable_that_was_overwritten_is_no_error(capsys, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    step = Step("99_test", ("試験", "test"), {})

    @step.exercise
    def double(x):
        return Expected(2 * x.mean(), [])

    step.check("double", 4, "text")
    assert "run the cells again from the top. (AttributeError:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (8.64, 8.6389),
        ((7.0, 8.6), (6.9967, 8.6389)),
        ((0.35, -0.004, 0.397), (0.3497, -0.0042, 0.3974)),
        (326, 325.7),
        (np.float64(-0.543), -0.54266),
        (np.float32(-0.543), np.float32(-0.54266)),
        (np.array([0.079, -0.931]), (0.07893, -0.93097)),
        ((0.31, 0.77), (0.305, 0.77)),
        ((0.3, 0.77), (0.305, 0.77)),
        (torch.tensor(326.0), 325.68),
        (torch.tensor(326.0, requires_grad=True), 325.68),
        (np.array(326.0), 325.68),
        (np.array([[326]]), 325.68),
        ([326.0], 325.68),
        (pd.Series([326.0]), 325.68),
        ({"hours": 326.0}, 325.68),
        (torch.tensor([7.0, 8.6]), (6.9967, 8.6389)),
        (torch.tensor([[7.0], [8.6]]), (6.9967, 8.6389)),
        (np.array([7.0, 8.6], dtype=np.float32), (6.9967, 8.6389)),
        ([torch.tensor(7.0), np.array(8.6)], (6.9967, 8.6389)),
    ],
)
def test_a_number_read_off_a_table_may_be_rounded(answer, right):
    assert said(answer, right) == (True, CORRECT)


@pytest.mark.parametrize(
    ("answer", "right"),
    [(10, 10.19), (8.65, 8.6389), (0.3, 0.27), ((7.0, 8.7), (6.9967, 8.6389)), (10**400, 3), (torch.tensor(10.0), 10.19),
     ([8.65], 8.6389), (torch.tensor([7.0, 8.7]), (6.9967, 8.6389)), (["326"], 325.68), (np.array(["326"]), 325.68)],
)  # fmt: skip
def test_but_not_to_another_number_or_by_more_than_a_hundredth(answer, right):
    assert said(answer, right)[0] is False


def test_what_a_function_gives_is_rounded_by_itself():
    judged, (_, en) = judge(lambda x: round(x / 3), Expected(lambda x: x / 3, [], [(300,), (4,)]))
    assert not judged and en.startswith("With the arguments (4) it gives 1.")


@pytest.mark.parametrize("answer", [["1", "2"], np.array(["1", "2"])], ids=lambda a: type(a).__name__)
def test_words_are_no_numbers(answer):
    assert said(answer, [1, 2])[0] is False


@pytest.mark.parametrize(
    "answer",
    [np.array([3.0, 2.0]), torch.tensor([3.0, 2.0]), pd.Series([3.0, 2.0]), [3.0, 2.0]],
    ids=lambda a: type(a).__name__,
)
def test_several_values_may_come_in_any_sequence(answer):
    assert said(answer, (3.0, 2.0)) == (True, CORRECT)
    assert "並び" in said(answer, (2.0, 3.0))[1][0] and "another order" in said(answer, (2.0, 3.0))[1][1]
    assert said(answer, (3.0, 4.0))[1][1].startswith("Value 2: ")


SHARES = {"change": 0.24, "day": 0.35, "week": 0.3}


@pytest.mark.parametrize(
    "right", [(0.24, 0.35, 0.3), np.array([0.24, 0.35, 0.3])], ids=lambda right: type(right).__name__
)
@pytest.mark.parametrize("answer", [SHARES, SHARES.values()], ids=lambda answer: type(answer).__name__)
def test_the_values_of_a_dictionary_are_the_answer_and_its_keys_are_not(answer, right):
    assert said(answer, right) == (True, CORRECT)
    assert judge(lambda: answer, Expected(lambda: right, [], [()])) == (True, CORRECT)
    keys = dict(zip([0.24, 0.35, 0.3], [1, 2, 3], strict=True))
    assert said(keys, right)[0] is False
    assert said({**SHARES, "week": ...}, right) == said({**SHARES, "week": ...}.values(), right) == (False, UNFILLED)


def test_a_number_of_nothing_is_not_a_hundredth():
    assert "100" not in said(0, -0.0002, tolerance=1e-3 / 3)[1][1]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, pd.Series])
def test_a_function_may_not_change_what_it_is_given(kind):
    def doubled(values):
        values[0] = 9.0
        return sum(values)

    judged, (ja, en) = judge(doubled, Expected(lambda values: values[0] * 0 + 12.0, [], [(kind([1.0, 3.0]),)]))
    assert not judged and "書きかえ" in ja and "changes the arguments" in en


@pytest.mark.parametrize("trained", [True, False])
def test_a_model_may_be_changed_only_if_it_is_to_be_trained(trained):
    def zeroed(layer, x):
        with torch.no_grad():
            layer.bias.zero_()
        return 7

    layer = torch.nn.Linear(1, 1).requires_grad_(trained)
    assert judge(zeroed, Expected(lambda layer, x: 7, [], [(layer, 1)]))[0] is trained


def test_an_error_where_an_array_is_expected_is_said():
    expected = Expected(lambda n: np.arange(n), [], [(3,), (4,)])
    judged, (ja, en) = judge(lambda n: 1 / 0, expected)
    assert not judged and "ZeroDivisionError" in ja and "It raised an error: ZeroDivisionError" in en


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        (326, 325.68, 325.52),  # both round to it
        (torch.tensor(326.0), 325.68, 325.52),
        ((0.024, -0.047), (0.0237, -0.0471), (0.3, 0.4)),  # off by more than a hundredth of the larger
        (torch.tensor([0.024, -0.047]), (0.0237, -0.0471), (0.3, 0.4)),
        (10, 10.19, 5),
    ],
)
def test_a_number_with_too_few_digits_to_tell_it_from_a_mistake_is_asked_for_more(answer, right, wrong):
    assert judge(answer, Expected(right, [(wrong, *NAMED)])) == (False, COARSE)
    assert judge(right, Expected(right, [(wrong, *NAMED)])) == (True, CORRECT)
    assert judge(wrong, Expected(right, [(wrong, *NAMED)])) == (False, NAMED)


def test_what_a_function_gives_must_last_where_the_exercise_says_so():
    def given(copied):
        return lambda values: values.clone() if copied else values

    expected = Expected(
        given(True), [(given(False), *NAMED)], [(torch.ones(2),)], afterwards=lambda values: values.add_(1)
    )
    assert judge(given(True), expected) == (True, CORRECT)
    assert judge(given(False), expected) == (False, NAMED)
    assert judge(given(False), Expected(given(True), [], [(torch.ones(2),)])) == (True, CORRECT)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("prices = prices[:-1]", "prices"),
        ("prices[0] = 7", "prices"),
        ("table.iloc[0, 0] = 9.0", "table"),
        ("x = x[:1]", "x"),
        ("x += 1", "x"),
        ("prices = table['a'].to_numpy()", "prices"),
        ("later = TEST", ""),
        ("parts['test'] = parts['train']", "parts['test']"),
        ("TEST = 7", "TEST"),
        ("prices = 'text'", "prices"),
        ("y = prices.copy()", ""),
        ("prices = prices.copy()", ""),
        ("prices = torch.tensor(prices)", ""),
        ("x = x.numpy()", ""),
        ("prices = pd.Series(prices)", ""),
    ],
)
def test_a_variable_of_the_set_up_is_compared_with_what_it_was(code, name, capsys):
    step = Step("99_test", ("試験", "test"), {})

    @step.exercise
    def anything(*variables):
        return Expected(1, [])

    sheet = {"prices": np.arange(4.0), "table": pd.DataFrame({"a": [1.0, 2.0]}), "x": torch.ones(3), "TEST": 100}
    sheet |= {
        "parts": {"train": (torch.ones(2), torch.ones(2)), "test": (torch.zeros(2), torch.zeros(2))},
        "torch": torch,
        "pd": pd,
    }
    step.remember(sheet)
    exec(code, sheet)
    step.check("anything", 1, sheet["prices"], sheet["table"], sheet["x"], sheet["TEST"], sheet["parts"]["test"])
    said = [words.format(name=name) for words in OVERWRITTEN] if name else list(CORRECT)
    assert capsys.readouterr().out.splitlines() == said
