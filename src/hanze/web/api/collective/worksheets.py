"""Worksheets of replications as JSON, and how a replication is told."""

from collections.abc import Mapping, Sequence

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.differences import MEASURES, Compared
from hanze.collaboration.records.projects import Answer as GivenAnswer
from hanze.collaboration.records.projects import Evaluation, Lesson, Replication
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.replication import read_district
from hanze.collaboration.replication_evidence import Ground
from hanze.collaboration.rules.replications import open_questions
from hanze.collaboration.worksheet import Worksheet, worksheet
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.records import Named, named_if
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken

__all__ = [
    "ROUTES",
    "AskedWorksheet",
    "LessonBack",
    "ReplicationTold",
    "filled_worksheet",
    "lesson_told",
    "replication_told",
]


class AskedWorksheet(Taken, frozen=True):
    """From which project or solution, to which city, and to which district of it."""

    project: Id
    city: Id
    district: Id | None = None


class GroundOfAnswer(Answer, frozen=True):
    """One thing that is known, the answer to which it leans, and the records that it rests on."""

    code: str
    text: Mapping[str, str]
    leaning: str | None = None
    evidence: Sequence[str] = ()


class QuestionOfWorksheet(Answer, frozen=True):
    """One of the five questions, the answer that the records propose, and its grounds."""

    question: str
    proposed: str
    grounds: Sequence[GroundOfAnswer]


class DifferenceOfPlaces(Answer, frozen=True):
    """One aspect of both places; `alike` is left out where one of them is unknown."""

    aspect: str
    measure: Mapping[str, str]
    there: str | None = None
    here: str | None = None
    alike: bool | None = None


class CitedContribution(Answer, frozen=True):
    """What a resident of the city brought in about the same, and the concepts that both share."""

    contribution: Told
    status: str
    concepts: Sequence[str]
    district: str | None = None


class LessonBack(Answer, frozen=True):
    """A lesson that flowed back from a city that went after."""

    id: str
    text: Mapping[str, str]
    city: Named | None = None
    said_on: str | None = None


class ReplicationTold(Answer, frozen=True):
    """A replication."""

    replication: Told
    status: str
    project: str
    city: str
    district: str | None = None
    answers: Sequence[GivenAnswer] = ()
    open_questions: Sequence[str] = ()
    contributions: Sequence[str] = ()
    credit_to: str | None = None
    evaluation: Evaluation | None = None
    adaptations: Mapping[str, str] = {}
    feedback: Mapping[str, str] = {}
    status_reason: Mapping[str, str] = {}


class WorksheetTold(Answer, frozen=True):
    """All there is to know before something goes to a city."""

    project: Told
    city: Told
    questions: Sequence[QuestionOfWorksheet]
    differences: Sequence[DifferenceOfPlaces]
    contributions: Sequence[CitedContribution]
    solution: Told | None = None
    district: str | None = None
    credit_to: Named | None = None
    evaluation: Evaluation | None = None
    lessons: Sequence[Lesson] = ()
    stuck_reasons: Sequence[str] = ()
    others: Sequence[ReplicationTold] = ()
    feedback: Sequence[LessonBack] = ()


async def show_worksheet(ask: Ask) -> WorksheetTold:
    """Fill in the five questions for something proven elsewhere, as far as the records tell."""
    asked = ask.parameters(AskedWorksheet)
    collective = await ask.node.collective.refresh(ask.now)
    return _worksheet(filled_worksheet(ask, collective, asked), collective)


def filled_worksheet(ask: Ask, collective: Collective, asked: AskedWorksheet) -> Worksheet:
    """Fill in the worksheet that is asked for."""
    district = (
        read_district(ask.node.store, ask.caller, asked.district, city=asked.city, now=ask.now)
        if asked.district is not None
        else None
    )
    return worksheet(collective, ask.node.annotations, asked.project, asked.city, district=district)


def _worksheet(sheet: Worksheet, collective: Collective) -> WorksheetTold:
    return WorksheetTold(
        project=told(sheet.project, collective),
        solution=told(sheet.solution, collective) if sheet.solution is not None else None,
        city=told(sheet.city, collective),
        district=sheet.district.id if sheet.district is not None else None,
        questions=[
            QuestionOfWorksheet(
                question=one.question,
                proposed=one.proposed,
                grounds=[_ground(ground) for ground in one.grounds],
            )
            for one in sheet.questions
        ],
        differences=[_difference(one) for one in sheet.differences],
        contributions=[
            CitedContribution(
                contribution=told(one.contribution, collective),
                status=one.contribution.record.status,
                concepts=one.concepts,
                district=one.contribution.record.district,
            )
            for one in sheet.contributions
        ],
        credit_to=named_if(sheet.credit_to, collective),
        evaluation=sheet.evaluation,
        lessons=sheet.lessons,
        stuck_reasons=sheet.stuck_reasons,
        others=[replication_told(held, collective) for held in sheet.others],
        feedback=[lesson_told(held, collective) for held in sheet.feedback],
    )


def _ground(ground: Ground) -> GroundOfAnswer:
    return GroundOfAnswer(
        code=ground.code, text=ground.text(), leaning=ground.leaning, evidence=ground.evidence
    )


def _difference(one: Compared) -> DifferenceOfPlaces:
    return DifferenceOfPlaces(
        aspect=one.aspect,
        measure=MEASURES[one.measure],
        there=one.there or None,
        here=one.here or None,
        alike=one.alike,
    )


def lesson_told(held: Held[Comment], collective: Collective) -> LessonBack:
    """Tell a lesson that flowed back."""
    comment = held.record
    return LessonBack(
        id=comment.id,
        text=comment.text,
        city=named_if(comment.city, collective),
        said_on=comment.said_on.isoformat() if comment.said_on is not None else None,
    )


def replication_told(held: Held[Replication], collective: Collective) -> ReplicationTold:
    """Tell a replication."""
    one = held.record
    return ReplicationTold(
        replication=told(held, collective),
        status=one.status,
        project=one.project,
        city=one.city,
        district=one.district,
        answers=one.answers,
        open_questions=open_questions(one.answers),
        contributions=one.contributions,
        credit_to=one.credit_to,
        evaluation=one.evaluation,
        adaptations=one.adaptations,
        feedback=one.feedback,
        status_reason=one.status_reason,
    )


ROUTES = (
    ApiRoute("GET", "/replications/worksheet", show_worksheet, WorksheetTold, AskedWorksheet),
)
