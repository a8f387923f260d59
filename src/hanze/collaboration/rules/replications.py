"""Replications: the five questions first, an evaluation in three parts last, and credit all along."""

from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.projects import QUESTIONS, Answer, Evaluation, Replication
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "evaluation_gaps",
    "keep_answers",
    "keep_credit",
    "keep_replication_status",
    "open_questions",
]

#: Statuses for which the five questions are answered.
_DECIDED: Final = frozenset({"adopted", "running", "evaluated"})


def open_questions(answers: tuple[Answer, ...]) -> tuple[str, ...]:
    """List which of the five questions have no answer yet.

    Nobody may know the answer: "unknown" counts where a note says how it is dealt with.
    """
    answered = {
        one.question
        for one in answers
        if one.answer != "unknown" or any(text.strip() for text in one.note.values())
    }
    return tuple(question for question in QUESTIONS if question not in answered)


def evaluation_gaps(evaluation: Evaluation | None) -> tuple[str, ...]:
    """List which of the three parts of an evaluation are missing."""
    parts = ("technical", "behavioural", "business")
    if evaluation is None:
        return parts
    return tuple(part for part in parts if getattr(evaluation, part) == "unknown")


def keep_answers(step: Step[Replication]) -> None:
    """Ask for one answer to a question.

    Raises:
        InvalidRecord: A question is answered twice.
    """
    if step.after is None:
        return
    asked = [one.question for one in step.after.answers]
    twice = next((question for question in asked if asked.count(question) > 1), None)
    if twice is not None:
        raise InvalidRecord(
            Replication, "must hold one answer to each question", field="answers", value=twice
        )


def keep_replication_status(step: Step[Replication]) -> None:
    """Ask of each status what it rests on.

    Raises:
        RuleBroken: Names what is missing.
    """
    replication = step.after
    if replication is None:
        return
    status = replication.status
    lacking = open_questions(replication.answers) if status in _DECIDED else ()
    if lacking:
        raise RuleBroken(
            f"A replication is {status} when the five questions are answered; open: "
            f"{', '.join(lacking)}. Where nobody knows, the answer unknown with a note will do",
            field="answers",
            value=lacking[0],
        )
    gaps = evaluation_gaps(replication.evaluation) if status == "evaluated" else ()
    if gaps:
        raise RuleBroken(
            f"A replication is evaluated in three parts; missing: {', '.join(gaps)}",
            field=f"evaluation.{gaps[0]}",
        )
    if status == "dropped" and not replication.status_reason:
        raise RuleBroken(
            "A replication that is dropped needs statusReason: others learn from it",
            field="statusReason",
        )


def keep_credit(step: Step[Replication]) -> None:
    """Keep the credit where it is due.

    Raises:
        RuleBroken: The credit would go, or go to another.
    """
    before, after = step.before, step.after
    if before is None or after is None or before.credit_to is None:
        return
    if after.credit_to != before.credit_to:
        raise RuleBroken(
            f"{before.credit_to} has the credit for {after.id}, and keeps it",
            field="creditTo",
            value=after.credit_to,
        )
