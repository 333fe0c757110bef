"""Step 15: what is asked before its results, and what its exercises expect."""

from collections.abc import Sequence
from itertools import count
from math import ceil, isclose

import pandas as pd

from helpers.exercises.checking import Expected
from helpers.exercises.question import Question
from helpers.exercises.step import Step

QUESTIONS = {
    "killed": Question(
        "ワーカーを 1 つ落とすと、探索はどうなると思いますか。",
        "One worker is killed. What do you expect to happen to the search?",
        [
            (lambda missing: missing > 1, "全体が止まる", "it stops as a whole"),
            (
                1,
                "落ちたワーカーの試行だけが失われ、残りは続く",
                "the killed worker's trial is lost, and the rest goes on",
            ),
            (0, "失われた試行も、別のワーカーがやり直す", "the lost trial, too, is run again, by another worker"),
        ],
    ),
    "cores": Question(
        "学習 1 回ごとに書き込むとき、16 コアを 256 コアにすると、何倍速くなると思いますか。",
        "With one write per refit, how many times as fast do you expect 256 cores to be as 16?",
        [
            (lambda times: times < 1.5, "ほとんど変わらない（1.5 倍未満）", "hardly faster, below 1.5 times"),
            (lambda times: times < 8, "1.5 倍から 8 倍", "1.5 to 8 times"),
            (lambda times: times >= 8, "8 倍以上", "8 times or more"),
        ],
    ),
    "windows": Question(
        "窓の数を 10 個から 100 個に増やすと、1 回の時間は何倍になると思いますか。",
        "With 100 windows in place of 10, how many times as long do you expect a step to take?",
        [
            (lambda times: times < 2, "2 倍未満", "less than twice"),
            (lambda times: times < 8, "2 倍から 8 倍", "2 to 8 times"),
            (lambda times: times >= 8, "8 倍以上（ほぼ比例する）", "8 times or more, about in proportion"),
        ],
    ),
}

STEP = Step("15_many_machines", ("多くのマシンで", "Many machines"), QUESTIONS)
ask, recall, check, progress, remember = STEP.ask, STEP.recall, STEP.check, STEP.progress, STEP.remember


def needed_hours(refits: int, per_refit: float, per_trial: float, cores: int, refits_per_job: int) -> float:
    """The hours of `refits` trainings on `cores`, in jobs that each write once; the writes stand in one queue."""
    writes = refits / refits_per_job * per_trial
    return max((refits * per_refit + writes) / cores, writes) / 3600


@STEP.exercise
def large_model(refits: int, per_trial: float) -> Expected:
    """Write: the hours with one write per refit, when a refit takes a minute, of 256 cores and of 4,096.

    Of both, because with 256 cores the writes add less than a thousandth, which no rounded answer shows.
    """

    def of(per_refit: float, cores: Sequence[int] = (256, 4096), unit: float = 1) -> tuple[float, float]:
        return tuple(unit * needed_hours(refits, per_refit, per_trial, number, 1) for number in cores)

    right = of(60)
    mistakes = [
        (
            of(60, (1, 1)),
            "1 コアの時間です。256 コアと 4,096 コアで分担します。",
            "These are times of one core. Share it between 256, and between 4,096.",
        ),
        (
            tuple(refits * 60 / cores / 3600 for cores in (256, 4096)),
            "書き込みの時間が、ほとんど入っていません。hours で、学習 1 回ごとに書き込む場合を計算します。",
            "The time of writes is hardly in this. Use hours for one write per refit.",
        ),
        (
            tuple(refits * (60 + per_trial) / cores / 3600 for cores in (256, 4096)),
            "書き込みも、コアの数で分担したことになっています。書き込みの順番待ちの列は 1 つなので、コアを増やしても短くなりません。hours を使ってください。",
            "By this the cores share the writes too. But these stand in one queue, which more cores do not shorten: use hours.",
        ),
        (of(60, unit=3600), "これは秒です。時間に直してください。", "These are seconds. Turn them into hours."),
        (of(60, unit=60), "これは分です。時間に直してください。", "These are minutes. Turn them into hours."),
        (
            of(1),
            "書き込みの順番待ちだけで決まる時間です。per_refit は、1 分を秒で表した値ですか。",
            "These are times of the queue of writes alone. Is per_refit a minute, in seconds?",
        ),
        (
            right[::-1],
            "2 つの値が入れかわっています。256 コアが先です。",
            "The two values have changed places: 256 cores come first.",
        ),
    ]
    return Expected(right, mistakes)


@STEP.exercise
def still_to_do(wanted: int) -> Expected:
    """Find the bug: trials that were cut off are counted as done."""

    def count(trials, wanted, states=("COMPLETE",)):
        return max(0, wanted - int(trials["state"].isin(states).sum()))

    def as_given(trials, wanted):
        return max(0, wanted - len(trials))

    def all_but_failed(trials, wanted):
        return max(0, wanted - int((trials["state"] != "FAIL").sum()))

    def with_running(trials, wanted):
        return count(trials, wanted, ("COMPLETE", "RUNNING"))

    def with_waiting(trials, wanted):
        return count(trials, wanted, ("COMPLETE", "WAITING"))

    def first_rows(trials, wanted):
        return count(trials[:wanted], wanted)

    def only_failed(trials, wanted):
        return int((trials["state"] == "FAIL").sum())

    def below_zero(trials, wanted):
        return wanted - int((trials["state"] == "COMPLETE").sum())

    mistakes = [
        (
            as_given,
            "まだ、中断された試行が、終わったものとして数えられています。表の state の列を見てください。",
            "Trials that were cut off still count as done. Look at the column state of the table.",
        ),
        (
            all_but_failed,
            "FAIL 以外のすべての試行を、終わったものとして数えています。実行中や順番待ちの試行もあります。",
            "Every trial that is not FAIL counts as done. Some are still running, or waiting.",
        ),
        (
            with_waiting,
            "順番待ちの試行（WAITING）も、終わったものとして数えています。まだ始まってもいません。",
            "Trials that are WAITING count as done. They have not even begun.",
        ),
        (
            first_rows,
            "表の、はじめの wanted 行しか見ていません。やり直した試行は、そのあとに並びます。",
            "Only the first `wanted` rows of the table are counted. Trials that were run again come after them.",
        ),
        (
            with_running,
            "実行中の試行（RUNNING）も、終わったものとして数えています。落ちるかもしれません。",
            "Trials that are RUNNING count as done. Their worker may still die.",
        ),
        (
            only_failed,
            "これは、中断された試行の数です。やり直しがもう終わっていても数えてしまいます。",
            "This is how many were cut off. It counts them even where they were run again.",
        ),
        (
            below_zero,
            "欲しい数より多く終わったときに、負になります。0 より小さくなりません。",
            "Where more are done than wanted, it is negative. It should never be below 0.",
        ),
    ]
    tables = [
        ["COMPLETE", "FAIL", "COMPLETE"],
        ["COMPLETE"] * wanted + ["FAIL"],
        ["COMPLETE", "RUNNING", "FAIL", "COMPLETE", "FAIL"],
        ["COMPLETE"] * (wanted + 2),
        ["COMPLETE"] * 7 + ["FAIL"] + ["COMPLETE"] * (wanted - 7),
        ["COMPLETE", "WAITING", "COMPLETE", "WAITING"],
        ["RUNNING", "FAIL"],  # none complete
    ]
    wanted_of = [3, wanted, 5, wanted, wanted, 4, 2]
    inputs = [(pd.DataFrame({"state": states}), number) for states, number in zip(tables, wanted_of, strict=True)]
    found = (
        "中断された試行は、誰かがやり直すまで、足りないままです。",
        "A trial that was cut off is missing until somebody runs it again.",
    )
    return Expected(count, mistakes, inputs, found)


@STEP.exercise
def job_size(refits: int, per_refit: float, per_trial: float, cores: int) -> Expected:
    """Study: the fewest refits a job with which the queue of writes no longer decides, for a small and a large model.

    With n refits a job, the queue decides as long as per_trial > (n per_refit + per_trial) / cores. Round times can make the
    two sides equal; then rounding decides, so the numbers are tried as the sheet tries them.
    """

    def decides(refit: float, n: int) -> bool:
        queue = refits / n * per_trial
        return queue > (refits * refit + queue) / cores

    def fewest(refit: float) -> int:
        nearly = ceil(per_trial * (cores - 1) / refit) - 1
        return next(n for n in count(max(1, nearly)) if not decides(refit, n))

    right = fewest(per_refit), fewest(60)
    one_fewer = (
        "1 つ少ないようです。その数では、まだ順番待ちで時間が決まります。",
        "That is one too few: the queue still decides.",
    )
    if isclose(per_trial * (cores - 1), (right[0] - 1) * per_refit):
        one_fewer = (
            "手計算では、その数で hours の 2 つの値がちょうど等しくなります。コンピューターでは丸めのため、まだ順番待ちのほうが大きいので、hours と同じ式で確かめてください。",
            "By hand, the two values in hours are equal there. On the computer rounding leaves the queue the larger: try it with the formulas of hours.",
        )
    mistakes = [
        (
            right[::-1],
            "2 つの値が入れかわっています。小さいモデルが先です。",
            "The two values have changed places: the small model comes first.",
        ),
        ((right[0] - 1, right[1]), *one_fewer),
        (
            (max(1, ceil(per_trial / per_refit)), right[1]),
            "コアの数が入っていません。コアが多いほど、書き込みの順番待ちは長くなります。",
            "The number of cores is missing. The more cores, the longer the queue of writes.",
        ),
        (
            (right[0], 0),
            "学習 0 回の仕事はありません。いちばん小さい仕事は、学習 1 回です。",
            "A job without any refit does not exist. The smallest job has one.",
        ),
        (
            (cores, cores),
            "コアの数だけの学習をまとめる必要はありません。学習と書き込みの時間の比で決まります。",
            "It need not be as many as there are cores. The ratio of the two times decides.",
        ),
    ]
    found = (
        "学習に時間のかかるモデルでは、1 回ずつ書き込んでも順番待ちになりません。",
        "With a model that takes long to train, writing after each refit makes no queue.",
    )
    return Expected(right, mistakes, found=found if right[1] == 1 else ("", ""))
