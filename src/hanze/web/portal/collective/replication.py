"""One replication at work: its answers, its evaluation, and what flows back to where it began."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.records.projects import (
    EVALUATION_OUTCOMES,
    QUESTION_ANSWERS,
    QUESTIONS,
    REPLICATION_STATUSES,
    Answer,
    Evaluation,
    Replication,
)
from hanze.collaboration.replication import answer, evaluate, give_feedback, move_replication
from hanze.collaboration.rules.replications import open_questions
from hanze.collaboration.worksheet import feedback_on
from hanze.collaboration.writing import change_record
from hanze.errors import HanzeError
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.entries import new_text
from hanze.web.portal.collective.refusals import REFUSALS, Filled, refusal
from hanze.web.portal.collective.replicate import PARTS, evaluation_rows
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_LONGEST: Final = 4_000
#: Field of the record → field of the forms.
_FIELDS: Final = {
    "answers": "status",
    "statusReason": "reason",
    "status": "status",
    "feedback": "feedback",
    **{f"evaluation.{part}": "status" for part in PARTS},
}


@dataclass(frozen=True, slots=True)
class _Answered:
    """One of the five questions, and its answer as it stands."""

    code: str
    title: str
    answer: str
    label: str
    note: Said
    own_note: str
    evidence: tuple[Link, ...]
    open: bool


async def show(desk: Desk) -> Response:
    """Show a replication."""
    return _page(desk, _held(desk), {}, {})


async def take(desk: Desk, given: Given) -> Response:
    """Do what one of the page's forms asks for."""
    held = _held(desk)
    name = given.text("action")
    action = _ACTIONS.get(name)
    if action is None:
        return _page(desk, held, {}, {"": desk.code("refusal", "action")})
    try:
        await action(desk, held, given)
    except REFUSALS as error:
        filled = {key: given.text(key)[:_LONGEST] for key in given.values}
        return _page(desk, held, filled, _errors(desk, error, given))
    done = urlencode({"done": name})
    return RedirectResponse(desk.at(path_of("replication", held.record.id)) + f"?{done}", 303)


def _held(desk: Desk) -> Held[Replication]:
    return desk.collective.get(desk.visit.request.path_params["id"], Replication)


async def _answer(desk: Desk, held: Held[Replication], given: Given) -> None:
    question = given.text("question")
    present = next((one for one in held.record.answers if one.question == question), None)
    one = Answer(
        question=question,
        answer=given.text("answer"),
        note=new_text(desk, present.note if present else {}, given.text("note")[:_LONGEST]),
        evidence=present.evidence if present else (),
    )
    await answer(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        one,
        now=desk.visit.now,
    )


async def _move(desk: Desk, held: Held[Replication], given: Given) -> None:
    await move_replication(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        given.text("status"),
        reason={desk.lang: text} if (text := given.text("reason")[:_LONGEST]) else {},
        now=desk.visit.now,
    )


async def _evaluate(desk: Desk, held: Held[Replication], given: Given) -> None:
    before = held.record.evaluation or Evaluation()
    outcomes = {part: given.text(part) or "unknown" for part in PARTS}
    notes = {
        f"{part}_note": new_text(
            desk, getattr(before, f"{part}_note"), given.text(f"{part}_note")[:_LONGEST]
        )
        for part in PARTS
    }
    after = replace(before, on=desk.today, by=given.text("by")[:500], **outcomes, **notes)
    await evaluate(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        after,
        now=desk.visit.now,
    )


async def _give_feedback(desk: Desk, held: Held[Replication], given: Given) -> None:
    text = given.text("feedback")[:_LONGEST]
    await give_feedback(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        held.record.id,
        {desk.lang: text} if text else {},
        by=given.text("by")[:500] or None,
        now=desk.visit.now,
    )


async def _adapt(desk: Desk, held: Held[Replication], given: Given) -> None:
    text = given.text("adaptations")

    def change(before: Replication) -> Replication:
        return replace(before, adaptations=new_text(desk, before.adaptations, text[:_LONGEST]))

    await change_record(
        desk.visit.site.node.store,
        desk.writer(held.tenant),
        held.record.id,
        Replication,
        change,
        now=desk.visit.now,
    )


_Action = Callable[[Desk, Held[Replication], Given], Awaitable[None]]
_ACTIONS: Final[Mapping[str, _Action]] = {
    "answer": _answer,
    "move": _move,
    "evaluate": _evaluate,
    "feedback": _give_feedback,
    "adapt": _adapt,
}


def _errors(desk: Desk, error: HanzeError, given: Given) -> dict[str, str]:
    """Say why, beside the field of the form that was sent."""
    if given.text("action") == "evaluate":
        return {PARTS[0]: next(iter(refusal(desk, error, "Replication", {}).values()))}
    if given.text("action") == "answer":
        return {f"answer-{given.text('question')}": desk.code("refusal", "answer")}
    return refusal(desk, error, "Replication", _FIELDS)


def _page(
    desk: Desk, held: Held[Replication], filled: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    one = held.record
    done = desk.asked("done")
    return desk.page(
        "replication.html",
        menu="replications",
        status=422 if errors else 200,
        card=desk.card(held),
        one=one,
        project=desk.link(one.project),
        solution=desk.link(one.solution) if one.solution else None,
        city=desk.link(one.city),
        district=desk.link(one.district) if one.district else None,
        credit=desk.link(one.credit_to) if one.credit_to else None,
        result=desk.link(one.result_project) if one.result_project else None,
        sheet=desk.at(
            "/replicate", project=one.project, city=one.city, district=one.district or ""
        ),
        questions=_questions(desk, one),
        open=len(open_questions(one.answers)),
        reason=desk.text(one.status_reason),
        differences=[
            (desk.code("aspect", row.aspect), row.there, row.here, desk.text(row.note))
            for row in one.differences
        ],
        adaptations=desk.text(one.adaptations),
        contributions=[desk.link(id_) for id_ in one.contributions],
        evaluation=evaluation_rows(desk, one.evaluation),
        evaluated=one.evaluation,
        feedback=[
            (desk.text(lesson.record.text), desk.card(lesson))
            for lesson in feedback_on(desk.collective, one.project)
        ],
        answers=desk.options("answer", QUESTION_ANSWERS),
        outcomes=desk.options("outcome", EVALUATION_OUTCOMES),
        statuses=desk.options("status", REPLICATION_STATUSES),
        done=done if done in _ACTIONS else "",
        filled=Filled(filled),
        errors=Filled(errors),
        download=api_address("replications", project=one.project, city=one.city),
    )


def _questions(desk: Desk, one: Replication) -> list[_Answered]:
    given = {answer.question: answer for answer in one.answers}
    unanswered = open_questions(one.answers)
    found = []
    for code in QUESTIONS:
        present = given.get(code)
        value = present.answer if present else ""
        found.append(
            _Answered(
                code,
                desk.code("question", code),
                value,
                desk.code("answer", value) if value else "",
                desk.text(present.note) if present else Said(""),
                present.note.get(desk.lang, "") if present else "",
                tuple(desk.link(id_) for id_ in present.evidence) if present else (),
                code in unanswered,
            )
        )
    return found
