"""The questions and the exercises of one step, and how much of them is done."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from IPython import get_ipython
from IPython.display import display, update_display

from helpers.exercises import memory
from helpers.exercises.checking import OVERWRITTEN, UNCHECKED, UNFILLED, Expected, in_hand, judge, unfilled
from helpers.exercises.made import Made
from helpers.exercises.question import Ask, Both, Question
from helpers.language import check_choice, say, text
from helpers.language.tables import spans


class Step:
    """One step's part: `ask`, `recall`, `check`, `progress` and `remember` are what its notebook and its sheet call.

    name: of the notebook, such as "05_validation". title: Japanese and English. questions: name -> Question. Exercises
    are added by the decorator `exercise`, on a function that takes the reader's variables and returns what is Expected.
    """

    def __init__(self, name: str, title: tuple[str, str], questions: dict[str, Question]):
        self.name, self.title, self.questions = name, title, questions
        self.exercises: dict[str, Callable[..., Expected]] = {}
        self._found: dict[str, Any] = {}  # question -> the value it was recalled with
        self._made = Made({})

    def exercise(self, expected: Callable[..., Expected]) -> Callable[..., Expected]:
        """Make a function the exercise of its name."""
        self.exercises[expected.__name__] = expected
        return expected

    def ask(self, name: str) -> Ask:
        """The question of this name as radio buttons; an earlier choice is marked and can be changed."""
        check_choice("name", name, self.questions)

        def choose(en: str) -> None:
            memory.keep(self.name, f"question-{name}", en)
            if get_ipython():
                update_display(self._line(), display_id=f"lstm-progress-{self.name}")
                if name in self._found:
                    update_display(self._taken_up(name), display_id=f"lstm-recall-{self.name}-{name}")

        return Ask(self.questions[name], memory.kept(self.name, f"question-{name}"), choose)

    def recall(self, name: str, value: Any) -> None:
        """Show what the reader expected beside the choice that fits `value`, which comes from the reader's data."""
        check_choice("name", name, self.questions)
        self._found[name] = value
        display(self._taken_up(name), display_id=f"lstm-recall-{self.name}-{name}")

    def remember(self, variables: dict[str, Any]) -> None:
        """Keep copies of a sheet's variables, its globals(), as the set-up has made them: `check` sees which have changed."""
        self._made = Made(variables)

    def check(self, name: str, answer: Any, *variables: Any) -> None:
        """Say whether the answer to the exercise of this name is right, or what is wrong with it.

        variables: those from which the exercise computes what is right.
        """
        check_choice("name", name, self.exercises)
        answer = in_hand(answer)
        if unfilled(answer):
            say(*UNFILLED)
            return
        if changed := self._made.changed(variables):
            say(*(words.format(name=changed) for words in OVERWRITTEN))
            return
        try:
            expected = self.exercises[name](*variables)
        except Exception as error:  # a variable that was overwritten
            cause = f" ({type(error).__name__}: {error})"
            say(UNCHECKED[0] + cause, UNCHECKED[1] + cause)
            return
        right, said = judge(answer, expected)
        say(*said)
        if right:
            memory.keep(self.name, f"exercise-{name}", "solved")
            if get_ipython():
                update_display(self._line(), display_id=f"lstm-progress-{self.name}")

    def progress(self) -> None:
        """One line on how many questions are answered and exercises solved; it changes as they are."""
        display(self._line(), display_id=f"lstm-progress-{self.name}")

    def done(self) -> tuple[int, int]:
        """How many questions are answered, and how many exercises solved."""
        answered = [memory.kept(self.name, f"question-{name}") for name in self.questions]
        solved = [memory.kept(self.name, f"exercise-{name}") for name in self.exercises]
        return sum(map(bool, answered)), sum(map(bool, solved))

    def _line(self) -> Both:
        (answered, solved), (asked, set_) = self.done(), (len(self.questions), len(self.exercises))
        return Both(
            f"このステップの進みぐあい: 予想 {answered}/{asked}、練習問題 {solved}/{set_}",
            f"Your progress in this step: {answered} of {asked} guess{'es' * (asked != 1)}, {solved} of {set_} exercises",
            mark="lstm-progress",
        )

    def _taken_up(self, name: str) -> Both:
        question = self.questions[name]
        chosen, fits = (
            question.chosen(memory.kept(self.name, f"question-{name}")),
            question.fitting(self._found[name]),
        )
        result = ("結果は、どの選択肢にも当てはまりません。", "The result fits none of the choices.")
        if fits:
            result = (f"結果: {fits[0]}", f"Result: {fits[1]}")
        if chosen is None:
            return Both(
                f"予想をまだ選んでいません。{result[0]}", f"You have not chosen yet. {result[1]}", mark="lstm-recall"
            )
        if chosen == fits:
            return Both(f"予想「{fits[0]}」のとおりでした。", f"As you expected: {fits[1]}", mark="lstm-recall")
        return Both(f"予想: {chosen[0]}　{result[0]}", f"You expected: {chosen[1]} — {result[1]}", mark="lstm-recall")


def steps() -> list[Step]:
    """Every step that has questions or exercises, in order."""
    import helpers.exercises as wing

    names = [module.name for module in pkgutil.iter_modules(wing.__path__)]
    modules = [importlib.import_module(f"{wing.__name__}.{name}") for name in names]
    found = [module.STEP for module in modules if hasattr(module, "STEP")]
    return sorted(found, key=lambda step: step.name)


LEFT = ' style="text-align: left"'  # names; a page aligns a table's cells to the right


class Table:
    """How much is done in every step, with links; both languages in HTML, of which the switch hides one."""

    def _rows(self) -> list[tuple[Step, int, int]]:
        return [(step, *step.done()) for step in steps()]

    def _repr_html_(self) -> str:
        heads = "".join(
            f"<th{look}>{spans(ja, en)}</th>"
            for look, ja, en in ((LEFT, "ステップ", "step"), ("", "予想", "guesses"), ("", "練習問題", "exercises"))
        )
        rows = ""
        for step, answered, solved in self._rows():
            link = f'<a href="{step.name}.ipynb">{step.name[:2]} '
            named = spans(*(f"{link}{title}</a>" for title in step.title))
            sheet = f'<a href="exercises/{step.name}.ipynb">{solved} / {len(step.exercises)}</a>'
            rows += f"<tr><td{LEFT}>{named}</td><td>{answered} / {len(step.questions)}</td><td>{sheet}</td></tr>"
        return f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'

    def __repr__(self) -> str:
        return "\n".join(
            f"{step.name[:2]} {text(*step.title)}: {answered}/{len(step.questions)}, {solved}/{len(step.exercises)}"
            for step, answered, solved in self._rows()
        )


def progress() -> Table:
    """A table of how many questions are answered and exercises solved in every step."""
    return Table()
