"""Replicating what was proven elsewhere: from the worksheet to the lesson that flows back."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.consumption import EntityNotFound, TenantNotFound, retrieve_entity
from hanze.broker.ports import Store, UnitOfWork
from hanze.collaboration.collective import Collective
from hanze.collaboration.differences import DistrictFacts, differences_of
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.records.projects import Answer, Evaluation, Replication
from hanze.collaboration.records.record import Label
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.worksheet import Worksheet, proposed_answers
from hanze.collaboration.writing import change_in, change_record, create_in, create_record
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE

__all__ = [
    "NoFeedback",
    "NotADistrict",
    "answer",
    "evaluate",
    "give_feedback",
    "move_replication",
    "new_replication",
    "read_district",
    "start_replication",
]

_DISTRICT: Final = HANZE.expand_name("District")
_NAMES: Final = (HANZE.expand_name("name"), HANZE.expand_name("officialName"))
_POPULATIONS: Final = (HANZE.expand_name("population"), HANZE.expand_name("inhabitants"))
_AREA: Final = HANZE.expand_name("area")
#: Square kilometres in UN/CEFACT Recommendation 20, and other units of area in square kilometres.
_AREAS: Final = {"KMK": 1.0, "HAR": 0.01, "MTK": 1e-6}


class NotADistrict(InvalidInput):
    """An entity that is named as a district is something else."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Entity {entity_id} is no District", field="district", value=entity_id)


class NoFeedback(InvalidInput):
    """Feedback would be given without a text."""

    def __init__(self) -> None:
        super().__init__("Feedback must have a text in at least one language", field="feedback")


def new_replication(sheet: Worksheet) -> Replication:
    """Make the replication that a worksheet proposes, to be looked over by people."""
    city, project = sheet.city.record, sheet.project.record
    key = _key(project.id) + (f"-{_key(sheet.district.id)}" if sheet.district is not None else "")
    return Replication(
        id=f"urn:ngsi-ld:Replication:{_key(city.id)}:{key}",
        title=project.title,
        source_city=city.id,
        themes=project.themes,
        project=project.id,
        solution=sheet.solution.record.id if sheet.solution is not None else None,
        city=city.id,
        district=sheet.district.id if sheet.district is not None else None,
        answers=proposed_answers(sheet),
        differences=differences_of(sheet.differences),
        contributions=tuple(one.contribution.record.id for one in sheet.contributions),
        credit_to=sheet.credit_to,
        provenance="entered",
    )


async def start_replication(
    store: Store, caller: Caller, sheet: Worksheet, *, now: str
) -> Replication:
    """Create the replication of a worksheet, with its proposed answers, in the city's tenant.

    Raises:
        EntityAlreadyExists: This project is on its way to this city or district already.
    """
    home = in_tenant_of(store.registers, caller, sheet.city.record.id)
    return await create_record(store, home, new_replication(sheet), now=now)


async def answer(
    store: Store,
    caller: Caller,
    collective: Collective,
    replication_id: str,
    given: Answer,
    *,
    now: str,
) -> Replication:
    """Answer one of the five questions, in place of the answer that was there.

    Raises:
        RecordNotFound: There is no such replication.
        InvalidRecord: The question or the answer is none of those that there are.
    """

    def change(before: Replication) -> Replication:
        others = tuple(one for one in before.answers if one.question != given.question)
        return replace(before, answers=(*others, given))

    home = caller.in_tenant(collective.get(replication_id, Replication).tenant)
    return await change_record(store, home, replication_id, Replication, change, now=now)


async def move_replication(
    store: Store,
    caller: Caller,
    collective: Collective,
    replication_id: str,
    status: str,
    *,
    reason: Label = {},  # noqa: B006  # a Label is a Mapping, which nobody changes
    result_project: str | None = None,
    now: str,
) -> Replication:
    """Take a replication to another status; its rules ask what that rests on.

    Args:
        status: One of `REPLICATION_STATUSES`.
        reason: Why, by language; dropping needs it.
        result_project: Id of the project that it became.

    Raises:
        RecordNotFound: There is no such replication.
        RuleBroken: Answers, an evaluation or a reason are missing.
    """

    def change(before: Replication) -> Replication:
        return replace(
            before,
            status=status,
            status_reason=reason or before.status_reason,
            result_project=result_project or before.result_project,
        )

    home = caller.in_tenant(collective.get(replication_id, Replication).tenant)
    return await change_record(store, home, replication_id, Replication, change, now=now)


async def evaluate(
    store: Store,
    caller: Caller,
    collective: Collective,
    replication_id: str,
    evaluation: Evaluation,
    *,
    now: str,
) -> Replication:
    """Evaluate a replication; with all three parts it becomes evaluated.

    Raises:
        RecordNotFound: There is no such replication.
        RuleBroken: The five questions are still open.
        InvalidRecord: An outcome is none of those that there are.
    """
    whole = "unknown" not in (evaluation.technical, evaluation.behavioural, evaluation.business)

    def change(before: Replication) -> Replication:
        status = "evaluated" if whole else before.status
        return replace(before, evaluation=evaluation, status=status)

    home = caller.in_tenant(collective.get(replication_id, Replication).tenant)
    return await change_record(store, home, replication_id, Replication, change, now=now)


async def give_feedback(
    store: Store,
    caller: Caller,
    collective: Collective,
    replication_id: str,
    feedback: Label,
    *,
    by: str | None = None,
    now: str,
) -> Comment:
    """Let what was learned flow back: kept with the replication, and a lesson about its source.

    Returns:
        The lesson, which `worksheet.feedback_on` shows with the source project.

    Raises:
        RecordNotFound: There is no such replication.
        NoFeedback: It says nothing.
    """
    if not any(text.strip() for text in feedback.values()):
        raise NoFeedback
    held = collective.get(replication_id, Replication)
    home = caller.in_tenant(held.tenant)
    moment = "".join(letter for letter in now if letter.isdigit())
    lesson = Comment(
        id=f"urn:ngsi-ld:Comment:{_key(held.record.city)}:{_key(replication_id)}-{moment}",
        title=held.record.title,
        about=held.record.project,
        text=feedback,
        kind="lesson",
        city=held.record.city,
        source_city=held.record.city,
        by=by,
        said_on=date.fromisoformat(now[:10]),
        provenance="entered",
    )

    def unit(uow: UnitOfWork) -> Comment:
        def keep(before: Replication) -> Replication:
            return replace(before, feedback=feedback)

        change_in(uow, home, replication_id, Replication, keep, now=now)
        return create_in(uow, home, lesson, now=now)

    return await store.transact(unit)


def read_district(
    store: Store, caller: Caller, district_id: str, *, city: str, now: str
) -> DistrictFacts:
    """Read what the node knows of a part of a city.

    Raises:
        EntityNotFound: There is no such entity where the city has its records, nor elsewhere here.
        NotADistrict: It is of another type.
    """
    home = in_tenant_of(store.registers, caller, city)
    for tenant in dict.fromkeys((home.tenant, caller.tenant, "")):
        try:
            stored = retrieve_entity(store, caller.in_tenant(tenant), district_id, now=now)
        except (EntityNotFound, TenantNotFound):
            continue
        entity = store.load(stored)
        if _DISTRICT not in entity.types:
            raise NotADistrict(district_id)
        return _facts(entity)
    raise EntityNotFound(district_id)


def _facts(entity: Entity) -> DistrictFacts:
    name = next((one for iri in _NAMES if (one := _first(entity, iri)) is not None), None)
    number = next((one for iri in _POPULATIONS if (one := _first(entity, iri)) is not None), None)
    population = _amount(number.value) if number is not None else None
    area = _first(entity, _AREA)
    factor = _AREAS.get(area.unit_code or "") if area is not None else None
    size = _amount(area.value) if area is not None else None
    return DistrictFacts(
        id=entity.id,
        name=_names(name),
        population=int(population) if population is not None else None,
        area_km2=size * factor if size is not None and factor is not None else None,
    )


def _first(entity: Entity, iri: str) -> Attribute | None:
    instances = entity.attributes.get(iri)
    return instances[0] if instances else None


def _amount(value: JsonValue | object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _names(name: Attribute | None) -> dict[str, str]:
    if name is None:
        return {}
    if name.kind is AttributeKind.LANGUAGE_PROPERTY and isinstance(name.value, Mapping):
        return {tag: str(text) for tag, text in name.value.items()}
    return {"@none": str(name.value)}


def _key(record_id: str) -> str:
    """The part of an id after its type: city or source, and key."""
    return "-".join(record_id.split(":")[3:]) or record_id.rpartition(":")[2]
