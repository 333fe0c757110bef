"""Every sheet in one process: its set-up once, then every folded answer, every listed mistake and every "..." before its check."""

import ast
import copy
import importlib
import itertools
import re
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.display import display
from minutes import KINDS, STATED, exercises, minutes
from minutes import SHEETS as FILES

from helpers import language
from helpers.exercises.checking import CORRECT, OVERWRITTEN, UNFILLED, judge, rounded
from helpers.exercises.made import named
from helpers.exercises.step import steps

ROOT = Path(__file__).parents[2]
SHEETS = {path.stem: path for path in FILES}
READ = {name: nbformat.read(path, as_version=4) for name, path in SHEETS.items()}
STEPS = {step.name: step for step in steps()}
TASKS = [
    (name, cell.id)
    for name, sheet in READ.items()
    for cell in sheet.cells
    if cell.cell_type == "code" and cell.id.partition("-")[0] in KINDS
]
SETUPS: dict[str, dict] = {}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("LSTM_TUTORIAL_PROGRESS", str(tmp_path))


def source(name, cell_id):
    return next(cell.source for cell in READ[name].cells if cell.id == cell_id)


def namespace(name, **settings):
    """The variables of a sheet after its set-up, copied; the set-up runs once for all its tests."""
    if name not in SETUPS:
        SETUPS[name] = {"display": display}  # as in a notebook
        codes = [c.source for c in READ[name].cells if c.cell_type == "code" and c.id.partition("-")[0] not in KINDS]
        exec(TransformerManager().transform_cell("\n".join(codes)), SETUPS[name])  # the first cell knows shell commands
    variables = SETUPS[name] | settings
    if settings:
        exec(source(name, "setup"), variables)
    variables["remember"](variables)  # the copy is what the reader's cells change
    return variables


def folds(name, cell_id):
    """The summaries and contents of what is folded in the Japanese text of an exercise."""
    ja = re.search(r'<div lang="ja">(.*?)\n</div>', source(name, f"{cell_id}-text"), re.DOTALL)[1]
    return re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", ja, re.DOTALL)


def check_line(name, cell_id):
    """An exercise without its last line; that line, which calls the check; the exercise's name; and the arguments, as code."""
    body, last = (lines := source(name, cell_id).rstrip().splitlines())[:-1], lines[-1]
    call = ast.parse(last).body[0].value
    assert call.func.id == "check", last
    return "\n".join(body), last, ast.literal_eval(call.args[0]), [ast.unparse(argument) for argument in call.args[1:]]


def solved(name, cell_id, **settings):
    """The variables after the cell as it stands and then the folded answer have run, without the check."""
    variables = namespace(name, **settings)
    exec(check_line(name, cell_id)[0], variables)
    (answer,) = re.findall(r"```python\n(.*?)```", dict(folds(name, cell_id))["答え"], re.DOTALL)
    exec(answer, variables)
    return variables


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_the_folded_answer_is_accepted_and_counted(name, cell_id, capsys):
    variables, (_, last, *_) = solved(name, cell_id), check_line(name, cell_id)
    before = STEPS[name].done()[1]
    capsys.readouterr()
    exec(last, variables)
    out = capsys.readouterr().out
    assert out.startswith(CORRECT[0]) and f"\n{CORRECT[1]}" in out
    assert STEPS[name].done()[1] == before + 1


@pytest.mark.parametrize(
    ("name", "cell_id", "settings"),
    [
        ("02_windowing", "study-apart", {"WINDOW": 12}),
        ("09_many_columns", "observe-levels", {"HALF_LIFE": 8}),
        ("15_many_machines", "study-job-size", {"PER_REFIT": 0.03, "PER_TRIAL": 0.02}),  # 0.02 · 255 / 0.03 is 170
    ],
)
def test_the_folded_answer_stays_right_when_a_setting_is_changed(name, cell_id, settings, capsys):
    variables, (_, last, *_) = solved(name, cell_id, **settings), check_line(name, cell_id)
    capsys.readouterr()
    exec(last, variables)
    assert capsys.readouterr().out.startswith(CORRECT[0])


def test_with_round_times_the_size_of_a_job_is_what_the_sheet_s_loop_finds():
    variables = solved("15_many_machines", "study-job-size")
    times = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1]
    for per_refit, per_trial in itertools.product(times, times):
        variables["PER_TRIAL"] = per_trial
        found = variables["smallest"](per_refit), variables["smallest"](60)
        job_size = STEPS["15_many_machines"].exercises["job_size"](variables["REFITS"], per_refit, per_trial, 256)
        assert judge(found, job_size)[0], (per_refit, per_trial)
        by_hand = Fraction(str(per_trial)) * 255 / Fraction(str(per_refit))
        if by_hand + 1 == found[0]:  # where both are equal, and rounding decides
            judged, (ja, en) = judge((int(by_hand), found[1]), job_size)
            assert not judged and "丸め" in ja and "By hand, the two values in hours are equal" in en


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_every_listed_mistake_is_named_in_both_languages(name, cell_id, capsys, monkeypatch):
    variables, (_, _, exercise, arguments) = solved(name, cell_id), check_line(name, cell_id)
    given = [eval(argument, variables) for argument in arguments[1:]]
    mistakes = STEPS[name].exercises[exercise](*given).mistakes
    assert len(mistakes) >= 3
    assert len({ja for _, ja, _ in mistakes}) == len({en for _, _, en in mistakes}) == len(mistakes)
    capsys.readouterr()
    for wrong, ja, en in mistakes:
        for choice, sentence in (("ja", ja), ("en", en)):
            monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", choice)
            STEPS[name].check(exercise, wrong, *given)
            assert capsys.readouterr().out == f"{sentence}\n"
    assert STEPS[name].done()[1] == 0


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_a_variable_of_the_set_up_that_was_overwritten_is_named(name, cell_id, capsys):
    _, last, _, arguments = check_line(name, cell_id)
    made = dict(named(namespace(name)))
    for overwritten in {argument.replace('"', "'") for argument in arguments[1:]} & set(made):
        variables = solved(name, cell_id)
        whole = overwritten.partition("[")[0]
        variables[whole] = copy.copy(variables[whole])  # a dictionary is shared by all tests
        exec(f"{overwritten} = {changed(made[overwritten])!r}", variables)
        capsys.readouterr()
        exec(last, variables)
        ja, en = (words.format(name=overwritten) for words in OVERWRITTEN)
        assert capsys.readouterr().out == f"{ja}\n{en}\n"
    assert STEPS[name].done()[1] == 0


def changed(value):
    """Another value of the same kind, as code can write it."""
    return value + 1 if isinstance(value, (int, float)) else "overwritten"


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_a_right_number_rounded_to_a_hundredth_is_accepted(name, cell_id):
    variables, (_, _, exercise, arguments) = solved(name, cell_id), check_line(name, cell_id)
    expected = STEPS[name].exercises[exercise](*(eval(argument, variables) for argument in arguments[1:]))
    right = expected.right if isinstance(expected.right, tuple) else (expected.right,)
    if expected.inputs or any(isinstance(part, str) for part in right):
        return
    right = [float(part) for part in right]
    for places in range(8):
        answer = [round(part, places) for part in right]
        if rounded(answer, right) or answer == right:
            assert judge(tuple(answer) if isinstance(expected.right, tuple) else answer[0], expected)[0], answer
            return
    raise AssertionError("no rounding is accepted")


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_as_it_stands_a_sheet_says_that_nothing_is_filled_in_or_that_the_bug_is_there(name, cell_id, capsys):
    variables, (body, last, exercise, arguments) = namespace(name), check_line(name, cell_id)
    exec(body, variables)
    capsys.readouterr()
    exec(last, variables)
    out = capsys.readouterr().out
    if cell_id.startswith("bug-"):
        mistakes = STEPS[name].exercises[exercise](*(eval(argument, variables) for argument in arguments[1:])).mistakes
        assert out == language.text(*mistakes[0][1:], between="\n") + "\n"  # the pipeline as given comes first
    else:
        assert "..." in body and out == language.text(*UNFILLED, between="\n") + "\n"


@pytest.mark.parametrize(("name", "cell_id"), TASKS)
def test_hints_and_answer_are_folded(name, cell_id):
    assert [summary for summary, _ in folds(name, cell_id)] == ["ヒント 1", "ヒント 2", "答え"]
    assert re.search(rf"約 {KINDS[cell_id.partition('-')[0]]} 分", source(name, f"{cell_id}-text"))


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_rises_from_observing_to_a_study(name):
    kinds = exercises(READ[name])
    few = 2 if name.startswith("00") else 3
    assert few <= len(kinds) <= 6 and kinds == sorted(kinds, key=list(KINDS).index)
    assert "bug" in kinds or name[:2] in ("00", "01")
    called = [check_line(name, cell_id)[2] for sheet, cell_id in TASKS if sheet == name]
    assert sorted(called) == sorted(STEPS[name].exercises)
    for pattern in STATED.values():
        assert int(re.search(pattern, READ[name].cells[0].source)[2]) == minutes(READ[name])


@pytest.mark.parametrize("name", SHEETS)
def test_no_expected_value_is_in_a_sheet(name):
    """What is right is computed in helpers/exercises, from the reader's variables."""
    imported = re.findall(
        r"from helpers\.exercises\S* import (.+)", "\n".join(cell.source for cell in READ[name].cells)
    )
    assert imported == ["check, progress, remember"]


@pytest.mark.parametrize("name", SHEETS)
def test_the_step_leads_to_its_sheet_and_says_how_long_it_takes(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    (link,) = [cell.source for cell in notebook.cells if f"exercises/{name}.ipynb" in cell.source]
    count = len(exercises(READ[name]))
    assert f"{count} 問" in link and f"{minutes(READ[name])} 分" in link and f"{minutes(READ[name])} minutes" in link


# Questions


@pytest.mark.parametrize("name", STEPS)
def test_every_question_is_asked_before_it_is_taken_up(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [line for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    asked = [line for line in code if line.startswith("ask(")]
    assert [re.fullmatch(r'ask\("(\w+)"\)', line)[1] for line in asked] == list(STEPS[name].questions)
    for question in STEPS[name].questions:
        (ask,), (recall,) = (
            [k for k, line in enumerate(code) if f'{what}("{question}"' in line] for what in ("ask", "recall")
        )
        assert ask < recall
    assert "progress()" in code


@pytest.mark.parametrize("name", STEPS)
def test_a_question_has_two_to_four_choices_in_two_languages(name):
    for question in STEPS[name].questions.values():
        assert 2 <= len(question.choices) <= 4
        for language_of in (1, 2):
            words = [choice[language_of] for choice in question.choices]
            assert len(set(words)) == len(words) and all(words)


def test_every_step_has_a_file_with_its_helpers_name():
    for name, step in STEPS.items():
        module = importlib.import_module(
            f"helpers.exercises.{step.exercises and next(iter(step.exercises.values())).__module__.rpartition('.')[2]}"
        )
        assert module.STEP is step and name in SHEETS
