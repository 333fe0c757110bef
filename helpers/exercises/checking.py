"""Checks for the exercises: they compute what is right themselves, and say what is wrong, not only that it is wrong.

More than 200 lines: an answer may be of any kind, and every way to be wrong has a sentence in two languages.
"""

import contextlib
import copy
import itertools
import reprlib
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Words = tuple[str, str]  # Japanese and English
Mistake = tuple[Any, str, str]  # a wrong answer that is often given, and what to look at
UNFILLED = (
    "まだ答えがありません。「...」を自分の答えに置きかえてください。",
    "No answer yet: replace the “...” with your own.",
)
NOTHING = (
    "関数が何も返しませんでした。print ではなく return で返してください。",
    "The function gives nothing back: return the result instead of printing it.",
)
SPOILED = (
    "関数が、受け取った引数を書きかえています。コピーを作ってから変えてください。",
    "The function changes the arguments that it is given: change a copy of them.",
)
OVERWRITTEN = (
    "準備のセルで作った {name} が、あとで変わっています。自分の答えには別の名前を使い、準備から実行し直してください。",
    "{name}, made in the set-up, has been changed since. Use another name for your own, and run again from the set-up.",
)
UNCHECKED = (
    "この確認には、はじめのセルで作った変数が必要です。上から順に実行し直してください。",
    "This check needs the variables of the set-up as they were: run the cells again from the top.",
)

COARSE = (
    "丸めすぎです。この桁数では、間違った計算の値と区別できません。もう 1 桁詳しく答えてください。",
    "Rounded too far: with these digits it cannot be told from the result of a mistake. Give one more digit.",
)


@dataclass(frozen=True)
class Expected:
    """What an exercise expects.

    right: a number, an array, a date, a word; or a function, when `inputs` are given. mistakes: (wrong answer, ja, en),
    of the same kind as `right`; the first that equals the reader's answer is named. inputs: the tuples of arguments on
    which functions are compared. found: what the reader has found out, said behind "Correct.". tolerance: numbers may be
    off by this share of themselves, and by a tenth of it in absolute terms; those typed with fewer digits may also be
    rounded (`rounded`). shaped: the axes of length 1 count too. afterwards: called with the arguments after each call,
    before what the function gave is looked at: it must still hold then, as a copy does.
    """

    right: Any
    mistakes: Sequence[Mistake]
    inputs: Sequence[tuple] = ()
    found: Words = ("", "")
    tolerance: float = 1e-4
    shaped: bool = False
    afterwards: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Failed:
    """In place of what a function gave: the error it raised, in Japanese where it speaks both languages, and in English."""

    ja: str
    en: str

    @classmethod
    def by(cls, error: BaseException) -> "Failed":
        """The error as a reader sees it; one of ours has words in both languages."""
        ja, en = (f"{type(error).__name__}: {getattr(error, language, error)}"[:200] for language in ("ja", "en"))
        return cls(ja, en)


CORRECT = ("正解です。", "Correct.")
# Wrong in every exercise, looked for after its own mistakes: what becomes of the right numbers, and what to say.
GENERAL: list[tuple[Callable[[np.ndarray], np.ndarray], str, str]] = [
    (lambda right: -right, "符号が逆です。", "The sign is the wrong way round."),
    (
        lambda right: 100 * right,
        "100 倍になっています。百分率や合計で答えていないかを確かめてください。",
        "This is 100 times too large: is it in per cent, or a sum?",
    ),
    (
        lambda right: right / 100,
        "100 分の 1 になっています。単位を確かめてください。",
        "This is 100 times too small: look at the unit.",
    ),
    (
        lambda right: right[::-1] if right.ndim else right,
        "値は合っていますが、並びが逆です。",
        "The values are right, but in reverse order.",
    ),
    (
        lambda right: right.T,
        "行と列が入れかわっています。",
        "Rows and columns have changed places.",
    ),
]  # fmt: skip


def judge(answer: Any, expected: Expected) -> tuple[bool, Words]:
    """Whether an answer is right, and what to tell the reader in both languages. Survives whatever the answer is or does."""
    answer = in_hand(answer)
    if unfilled(answer):
        return False, UNFILLED
    if not expected.inputs:
        given, right = answer, expected.right
    elif not callable(answer):
        return False, ("関数で答えてください。", "Answer with a function.")
    else:
        spoiled: list[int] = []
        given = tuple(called(answer, expected, spoiled))
        right = tuple(called(expected.right, expected))
        if all(value is None for value in given):
            return False, NOTHING
        if any(value is not None and unfilled(value) for value in given):
            return False, UNFILLED
        if spoiled:
            return False, SPOILED
    if _all_same(given, right, expected):
        if not expected.inputs and _doubtful(given, expected):
            return False, COARSE
        return True, tuple(" ".join(filter(None, words)) for words in zip(CORRECT, expected.found, strict=True))
    for wrong, ja, en in expected.mistakes:
        if _all_same(given, tuple(called(wrong, expected)) if expected.inputs else wrong, expected):
            return False, (ja, en)
    if not expected.inputs and _rounds_to(given, right, 0.1):
        return False, COARSE
    if expected.inputs:
        return False, _first_difference(given, right, expected)
    return False, difference(given, right, expected)


def in_hand(answer: Any) -> Any:
    """The values of a dictionary as a tuple, and so what a generator or a map yields; anything else as it is.

    The keys of a dictionary are no part of the answer, and a generator can be looked at once only.
    """
    if isinstance(answer, Mapping):
        answer = answer.values()
    if isinstance(answer, MappingView):
        return tuple(answer)
    return tuple(itertools.islice(answer, 1000)) if isinstance(answer, Iterator) else answer


def unfilled(answer: Any) -> bool:
    """Whether there is still a "..." in an answer."""
    return (
        answer is ... or answer is None or (isinstance(answer, (list, tuple)) and any(part is ... for part in answer))
    )


def called(function: Callable, expected: Expected, spoiled: list[int] | None = None) -> Iterator[Any]:
    """What a function gives for each tuple of arguments, or Failed. It gets copies; `spoiled` collects which it has changed."""
    for number, arguments in enumerate(expected.inputs):
        copies = copy.deepcopy(arguments)
        try:
            given = in_hand(function(*copies))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # exit() too
            given = Failed.by(error)
        if spoiled is not None and not all(map(untouched, arguments, copies)):
            spoiled.append(number)
        if expected.afterwards:
            with contextlib.suppress(Exception):  # a function may have left anything behind
                expected.afterwards(*copies)
        yield given


def untouched(before: Any, after: Any) -> bool:
    """Whether a value is still what it was; of functions, and of models that are trained, nothing is asked."""
    if isinstance(before, (pd.DataFrame, pd.Series, pd.Index)):
        return before.equals(after)
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and bool(((before == after) | ((before != before) & (after != after))).all())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(untouched, before, after))
    if isinstance(before, (int, float, str)):
        return before == after or before != before
    if isinstance(before, dict):
        return list(before) == list(after) and all(map(untouched, before.values(), after.values()))
    if hasattr(before, "requires_grad_") and hasattr(before, "state_dict"):  # a model that is not to be trained
        kept = not any(parameter.requires_grad for parameter in before.parameters())
        return not kept or untouched(dict(before.state_dict()), dict(after.state_dict()))
    return untouched(before.numpy(force=True), after.numpy(force=True)) if hasattr(before, "detach") else True


def _all_same(given: Any, right: Any, expected: Expected) -> bool:
    """Whether two answers are the same; two functions, whether each call gives the same: a large result rounds no other."""
    if not expected.inputs:
        return same(given, right, expected)
    return all(same(value, wanted, expected) for value, wanted in zip(given, right, strict=True))


def _rounds_to(answer: Any, value: Any, share: float = 0.01) -> bool:
    """Whether a number, or each of several, is `value` rounded (`rounded`), but not the very same number."""
    with contextlib.suppress(Exception):
        several = isinstance(value, tuple)
        given, wanted = ([typed(number) for number in (v if several else [v])] for v in (answer, value))
        return rounded(given, wanted, share) and not np.isclose(given, wanted, rtol=1e-9, atol=0).all()
    return False


def _doubtful(answer: Any, expected: Expected) -> bool:
    """Whether a right answer has so few digits that it could as well be the rounded result of a listed mistake."""
    wrong = (value for value, *_ in expected.mistakes if not same(value, expected.right, expected))
    return _rounds_to(answer, expected.right) and any(_rounds_to(answer, value) for value in wrong)


def same(answer: Any, right: Any, expected: Expected) -> bool:
    """Whether two answers say the same, in whatever form: int, float, array, tensor, list, Series; word; date; tuple of these."""
    if isinstance(right, Failed) or isinstance(answer, Failed):
        return isinstance(right, Failed) and isinstance(answer, Failed) and answer == right
    if isinstance(right, tuple):
        try:
            if isinstance(answer, (set, frozenset, str)):  # no order, no parts
                return False
            alike = len(answer) == len(right) and all(same(a, r, expected) for a, r in zip(answer, right, strict=True))
            return alike or rounded(answer, right)
        except Exception:
            return False
    if isinstance(right, str):
        return isinstance(answer, str) and answer.strip().casefold() == right.casefold()
    if isinstance(right, pd.Timestamp):
        return _date(answer) == right
    a, r = numbers(answer, expected), numbers(right, expected)
    if a is None or r is None or a.shape != r.shape:
        return False
    return bool(_close(a, r, expected).all()) or rounded([answer], [right])


def rounded(answers: Sequence[Any], right: Sequence[Any], share: float = 0.01) -> bool:
    """Whether single numbers are the right ones, rounded as people read them off a table: all to the same decimal place.

    That place must leave an error of `share` or less of the largest one, so that 10 is not taken for 10.19. A half may go up
    or down.
    """
    answers, right = ([typed(number) for number in each] for each in (answers, right))
    if len(answers) != len(right) or None in (*answers, *right):
        return False
    places = max(len(f"{answer}".partition(".")[2].removesuffix("0")) for answer in answers)
    if 0.5 * 10.0**-places > share * max(map(abs, right)):
        return False
    return all(a in (round(r - 1e-9, places), round(r + 1e-9, places)) for a, r in zip(answers, right, strict=True))


def typed(number: Any) -> int | float | None:
    """A single number with the digits that it shows, out of its array, tensor, list or Series; None when it is not one.

    A tensor of 8.6 holds 8.6000004, because its numbers are float32.
    """
    if isinstance(number, (int, float)):
        return number
    array = in_array(number)
    if array is None or array.size != 1 or array.dtype.kind not in "iuf":
        return None
    return float(str(array.flat[0]))


def numbers(answer: Any, expected: Expected) -> np.ndarray | None:
    """An answer as float array, without axes of length 1 unless they count; None when it is not made of numbers."""
    array = in_array(answer)
    if array is None or array.dtype.kind in "USc":  # numbers written as words; complex ones
        return None
    try:
        array = np.asarray(array, dtype=float)
    except Exception:
        return None
    return array if expected.shaped else array.squeeze()


def in_array(answer: Any) -> np.ndarray | None:
    """An answer as an array of what it is made of; None when there is no such array."""
    with contextlib.suppress(Exception):
        if isinstance(answer, (list, tuple)):
            answer = [part.detach().cpu() if hasattr(part, "detach") else part for part in answer]
        elif hasattr(answer, "detach"):
            answer = answer.detach().cpu()  # a tensor that still carries its gradient is an answer too
        return np.asarray(answer)
    return None


def difference(answer: Any, right: Any, expected: Expected) -> Words:
    """How an answer differs from the right one, without telling the right one."""
    if isinstance(answer, Failed):
        return f"エラーになりました: {answer.ja}", f"It raised an error: {answer.en}"
    if answer is None:  # of a function, for some of the arguments
        return NOTHING
    if isinstance(right, tuple):
        return _difference_in_parts(answer, right, expected)
    if isinstance(right, str):
        return f"{_brief(answer)} は違います。", f"{_brief(answer)} is not it."
    if isinstance(right, pd.Timestamp):
        return (
            f"{_brief(answer)} は違います。日付で答えてください。",
            f"{_brief(answer)} is not it: answer with a date.",
        )
    a, r = numbers(answer, expected), numbers(right, expected)
    if a is None:
        return (
            "数、リスト、配列、テンソルのどれかで答えてください。",
            "Answer with a number, a list, an array or a tensor.",
        )
    for change, ja, en in GENERAL:
        wrong = change(r)  # seldom near 0, so that not every small number is called too small
        near = expected.tolerance / 10 * min(1, np.nanmax(np.abs(wrong), initial=0))
        if a.shape == wrong.shape and np.any(a) and np.isclose(a, wrong, expected.tolerance, near, True).all():
            return ja, en
    if not r.ndim and a.ndim:
        return f"1 つの数ではなく、{a.size} 個の値です。", f"This is not one number but {a.size} values."
    if not a.ndim and r.ndim:
        return "1 つの数ではなく、いくつかの値で答えてください。", "Answer with several values, not with one number."
    if a.shape != r.shape:
        return f"形が違います: {a.shape} ではなく {r.shape} です。", f"Wrong shape: {a.shape}, not {r.shape}."
    missing = int((np.isnan(a) & ~np.isnan(r)).sum())
    if missing:
        return (
            f"{a.size} 個のうち {missing} 個が、NaN になるはずのないところで NaN です。",
            f"{missing} of {a.size} values are NaN where they should not be.",
        )
    if not a.ndim:
        return f"{a:.6g} は違います。", f"{a:.6g} is not it."
    wrong = int((~_close(a, r, expected)).sum())
    return (
        f"形は合っていますが、{a.size} 個のうち {wrong} 個の値が違います。",
        f"Right shape, but {wrong} of {a.size} values are wrong.",
    )


def _difference_in_parts(answer: Any, right: tuple, expected: Expected) -> Words:
    with contextlib.suppress(Exception):  # whatever holds its parts in order: a tuple, a list, an array, a Series
        answer = [] if isinstance(answer, (set, frozenset, str, dict)) else list(answer)
    if not isinstance(answer, list) or len(answer) != len(right):
        return f"{len(right)} つの値を並べて答えてください。", f"Answer with {len(right)} values in a row."
    if len(right) <= 4 and any(same(order, right, expected) for order in itertools.permutations(answer)):
        return "値は合っていますが、並びが違います。", "The values are right, but in another order."
    for place, (a, r) in enumerate(zip(answer, right, strict=True), 1):
        if not same(a, r, expected):
            ja, en = difference(a, r, expected)
            return f"{place} つ目: {ja}", f"Value {place}: {en}"
    raise AssertionError("nothing differs")


def _first_difference(given: tuple, right: tuple, expected: Expected) -> Words:
    """Of a function: the first arguments for which it is wrong, what it gave, and how that differs."""
    for arguments, value, wanted in zip(expected.inputs, given, right, strict=True):
        if not same(value, wanted, expected):
            ja, en = difference(value, wanted, expected)
            asked, gave = ", ".join(map(_brief, arguments)), _brief(value)
            if isinstance(value, Failed):
                return f"引数 ({asked}) で{ja}", f"With the arguments ({asked}): {en}"
            return f"引数 ({asked}) に {gave} が返りました。{ja}", f"With the arguments ({asked}) it gives {gave}. {en}"
    raise AssertionError("nothing differs")


def _close(answer: np.ndarray, right: np.ndarray, expected: Expected) -> np.ndarray:
    return np.isclose(answer, right, rtol=expected.tolerance, atol=expected.tolerance / 10, equal_nan=True)


def _date(answer: Any) -> pd.Timestamp | None:
    try:
        return pd.Timestamp(answer)
    except Exception:
        return None


def _brief(value: Any) -> str:
    """A value on one line; of a large one, its kind and shape."""
    try:
        if isinstance(value, (tuple, list)) and any(hasattr(part, "shape") for part in value):
            return f"({', '.join(map(_brief, value))})"
        shape = getattr(value, "shape", ())
        if len(shape) > 1 or np.prod(shape, dtype=int) > 8:
            return f"{type(value).__name__} {tuple(shape)}"
        if hasattr(value, "tolist"):
            value = value.tolist()
        return value.__name__ if hasattr(value, "__name__") else reprlib.repr(value)
    except Exception:
        return type(value).__name__
