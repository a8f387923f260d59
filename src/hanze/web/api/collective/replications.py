"""Replications as JSON: answers, evaluations, and feedback that flows back."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from hanze.collaboration.records.projects import (
    EVALUATION_OUTCOMES,
    QUESTION_ANSWERS,
    QUESTIONS,
    REPLICATION_STATUSES,
    Evaluation,
    Replication,
)
from hanze.collaboration.records.projects import (
    Answer as GivenAnswer,
)
from hanze.collaboration.replication import (
    answer,
    evaluate,
    give_feedback,
    move_replication,
    start_replication,
)
from hanze.collaboration.worksheet import feedback_on, replications_of
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.worksheets import (
    AskedWorksheet,
    LessonBack,
    ReplicationTold,
    filled_worksheet,
    lesson_told,
    replication_told,
)
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = ["ROUTES"]


class ChoiceOfReplications(Taken, frozen=True):
    """Which replications."""

    project: str | None = None
    city: str | None = None
    status: str | None = None


class Replications(Answer, frozen=True):
    """Replications, by id."""

    replications: Sequence[ReplicationTold]


class FeedbackOnProject(Answer, frozen=True):
    """Where a project went, and the lessons that flowed back."""

    replications: Sequence[ReplicationTold]
    lessons: Sequence[LessonBack]


class ChangedReplication(Answer, frozen=True):
    """A replication after a change."""

    id: str
    status: str


class AskedAnswer(Taken, frozen=True):
    """An answer to one of the five questions; "unknown" counts with a note."""

    question: Literal[QUESTIONS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes
    answer: Literal[QUESTION_ANSWERS]  # type: ignore[valid-type]  # likewise
    note: Text = {}
    evidence: Sequence[Id] = ()


_Outcome = Literal[EVALUATION_OUTCOMES]  # type: ignore[valid-type]  # likewise


class AskedEvaluation(Taken, frozen=True):
    """An evaluation in three parts."""

    technical: _Outcome = "unknown"
    behavioural: _Outcome = "unknown"
    business: _Outcome = "unknown"
    technical_note: Text = {}
    behavioural_note: Text = {}
    business_note: Text = {}
    by: Annotated[str, Meta(max_length=500)] = ""


class AskedReplicationStatus(Taken, frozen=True):
    """The status to go to, and why."""

    status: Literal[REPLICATION_STATUSES]  # type: ignore[valid-type]  # likewise
    reason: Text = {}
    result_project: Id | None = None


class AskedFeedback(Taken, frozen=True):
    """What was learned, for the city where it comes from."""

    text: Text
    by: Annotated[str, Meta(max_length=500)] | None = None


class GivenFeedback(Answer, frozen=True):
    """The lesson that flowed back."""

    id: str
    about: str


async def start(ask: Ask) -> ChangedReplication:
    """Start a replication from its worksheet, with the answers that the records propose."""
    asked = await ask.body(AskedWorksheet)
    collective = await ask.node.collective.refresh(ask.now)
    sheet = filled_worksheet(ask, collective, asked)
    made = await start_replication(ask.node.store, ask.caller, sheet, now=ask.now)
    return ChangedReplication(id=made.id, status=made.status)


async def list_replications(ask: Ask) -> Replications:
    """List replications: of a project, to a city, or in a status."""
    choice = ask.parameters(ChoiceOfReplications)
    collective = await ask.node.collective.refresh(ask.now)
    found = [
        held
        for held in sorted(collective.of(Replication), key=lambda held: held.record.id)
        if choice.project in {None, held.record.project}
        and choice.city in {None, held.record.city}
        and choice.status in {None, held.record.status}
    ]
    return Replications(replications=[replication_told(held, collective) for held in found])


async def show_feedback(ask: Ask) -> FeedbackOnProject:
    """Show where a project went, and what was learned there."""
    collective = await ask.node.collective.refresh(ask.now)
    project = ask.path("id")
    return FeedbackOnProject(
        replications=[
            replication_told(held, collective) for held in replications_of(collective, project)
        ],
        lessons=[lesson_told(held, collective) for held in feedback_on(collective, project)],
    )


async def give_answer(ask: Ask) -> ChangedReplication:
    """Answer one of the five questions of a replication."""
    asked = await ask.body(AskedAnswer)
    given = GivenAnswer(
        question=asked.question,
        answer=asked.answer,
        note=asked.note,
        evidence=tuple(asked.evidence),
    )
    collective = await ask.node.collective.refresh(ask.now)
    changed = await answer(
        ask.node.store, ask.caller, collective, ask.path("id"), given, now=ask.now
    )
    return ChangedReplication(id=changed.id, status=changed.status)


async def give_evaluation(ask: Ask) -> ChangedReplication:
    """Evaluate a replication: technical, behavioural, business model."""
    asked = await ask.body(AskedEvaluation)
    evaluation = Evaluation(
        technical=asked.technical,
        behavioural=asked.behavioural,
        business=asked.business,
        technical_note=asked.technical_note,
        behavioural_note=asked.behavioural_note,
        business_note=asked.business_note,
        by=asked.by,
    )
    collective = await ask.node.collective.refresh(ask.now)
    changed = await evaluate(
        ask.node.store, ask.caller, collective, ask.path("id"), evaluation, now=ask.now
    )
    return ChangedReplication(id=changed.id, status=changed.status)


async def move(ask: Ask) -> ChangedReplication:
    """Take a replication to another status; adopting needs the five questions answered."""
    asked = await ask.body(AskedReplicationStatus)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await move_replication(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        asked.status,
        reason=asked.reason,
        result_project=asked.result_project,
        now=ask.now,
    )
    return ChangedReplication(id=changed.id, status=changed.status)


async def send_feedback(ask: Ask) -> GivenFeedback:
    """Let what was learned flow back to the source project."""
    asked = await ask.body(AskedFeedback)
    collective = await ask.node.collective.refresh(ask.now)
    lesson = await give_feedback(
        ask.node.store, ask.caller, collective, ask.path("id"), asked.text, by=asked.by, now=ask.now
    )
    return GivenFeedback(id=lesson.id, about=lesson.about)


_CHANGED = ChangedReplication
ROUTES = (
    ApiRoute("GET", "/replications", list_replications, Replications, ChoiceOfReplications),
    ApiRoute(
        "POST", "/replications", start, _CHANGED, body=AskedWorksheet, writes=True, status=201
    ),
    ApiRoute(
        "POST",
        "/replications/{id:path}/answers",
        give_answer,
        _CHANGED,
        body=AskedAnswer,
        writes=True,
    ),
    ApiRoute(
        "POST",
        "/replications/{id:path}/evaluation",
        give_evaluation,
        _CHANGED,
        body=AskedEvaluation,
        writes=True,
    ),
    ApiRoute(
        "POST",
        "/replications/{id:path}/status",
        move,
        _CHANGED,
        body=AskedReplicationStatus,
        writes=True,
    ),
    ApiRoute(
        "POST",
        "/replications/{id:path}/feedback",
        send_feedback,
        GivenFeedback,
        body=AskedFeedback,
        writes=True,
        status=201,
    ),
    ApiRoute("GET", "/projects/{id:path}/feedback", show_feedback, FeedbackOnProject),
)
