"""Which parts of a city are silent, and what the city does about it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from hanze.broker.consumption import query_entities
from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.inert import inert
from hanze.collaboration.records.record import Label
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.vocabulary import HANZE

__all__ = ["District", "Voice", "districts", "placed", "say_update", "updates_about", "voices"]

_TYPE: Final = HANZE.expand_name("District")
_NAMES: Final = tuple(HANZE.expand_name(name) for name in ("name", "title", "officialName"))
_INHABITANTS: Final = tuple(HANZE.expand_name(name) for name in ("population", "inhabitants"))
_CITIES: Final = tuple(HANZE.expand_name(name) for name in ("municipality", "inCity", "city"))
_PAGE: Final = 500
_TEXT: Final = 4_000
#: Fewer expected contributions than this say nothing about a district.
_FEWEST_EXPECTED: Final = 2.0


@dataclass(frozen=True, slots=True)
class District:
    """A part of a city, as its entity says.

    Attributes:
        inhabitants: `None` where it is not known.
        city: Id, as the entity names it.
    """

    id: str
    name: Label
    inhabitants: int | None
    city: str | None
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """What is heard of a district.

    Attributes:
        contributions: In the period.
        share: Of the contributions that name one of these districts; `None` without any.
        residents_share: Of the inhabitants of these districts; `None` where one is not known.
        state: "silent" (nothing at all), "quiet" (far below its share of the residents), "heard",
            or "unknown" (something, and no number of inhabitants to hold it beside).
        last: The day of the latest contribution, of any time.
        updates: What the city does about it, in its own words; the latest first.
    """

    district: District
    contributions: int
    share: float | None
    residents_share: float | None
    state: str
    last: date | None
    updates: tuple[Held[Comment], ...]


async def districts(
    store: Store, caller: Caller, tenants: Sequence[str], *, now: str
) -> tuple[District, ...]:
    """Read the districts that the node holds, by id."""
    found: list[District] = []
    for tenant in tenants:
        if not store.tenant_exists(tenant):
            continue
        query = EntityQuery(types=(frozenset((_TYPE,)),), limit=_PAGE)
        more = True
        while more:
            page = await query_entities(store, caller.in_tenant(tenant), query, local=True, now=now)
            for stored in page.entities:
                entity = unexpired(store.load(stored), now)
                if entity is not None:
                    found.append(_district(entity, tenant))
            more = page.more
            query = replace(query, offset=query.offset + _PAGE)
    return tuple(sorted(found, key=lambda one: one.id))


def placed(collective: Collective, some: Sequence[District]) -> tuple[District, ...]:
    """Name the cities of districts by their records, where the entities name them otherwise.

    A district may say in which `City` it lies, while the collective knows a Municipality: that is
    then the city whose contributions are about districts of it.
    """
    cities = {one.id: one.city for one in some}
    named: dict[str | None, Counter[str]] = {}
    for held in collective.of(Contribution):
        if held.city is not None and held.record.district in cities:
            named.setdefault(cities[held.record.district], Counter())[held.city] += 1
    known = {
        city: counted.most_common(1)[0][0]
        for city, counted in named.items()
        if city is None or collective.find(city) is None
    }
    return tuple(replace(one, city=known.get(one.city, one.city)) for one in some)


def voices(
    collective: Collective,
    some: Sequence[District],
    *,
    since: date,
    today: date,
    below: float = 0.5,
) -> tuple[Voice, ...]:
    """Tell of each district whether it is heard; silent ones first.

    Args:
        some: Of one place: their shares are of these together.
        since: First day of the period.
        below: A district is quiet when its share of the contributions is less than this part of
            its share of the residents, and at least two contributions could be expected.
    """
    known = {one.id for one in some}
    days: dict[str, list[date]] = {one.id: [] for one in some}
    counted = dict.fromkeys(known, 0)
    for held in collective.of(Contribution):
        record = held.record
        if record.district in known and record.status != "withdrawn":
            on = record.received_on or date.fromisoformat(held.created_at[:10])
            days[record.district].append(on)
            counted[record.district] += since <= on <= today
    total = sum(counted.values())
    residents = _total([one.inhabitants for one in some])
    found = [
        _voice(
            collective,
            one,
            count=counted[one.id],
            total=total,
            residents=residents,
            days=days[one.id],
            below=below,
        )
        for one in some
    ]
    order = ("silent", "quiet", "unknown", "heard")
    return tuple(sorted(found, key=lambda one: (order.index(one.state), one.district.id)))


def _voice(
    collective: Collective,
    district: District,
    *,
    count: int,
    total: int,
    residents: int | None,
    days: Sequence[date],
    below: float,
) -> Voice:
    part = None
    if residents and district.inhabitants is not None:
        part = district.inhabitants / residents
    state = "heard"
    if count == 0:
        state = "silent"
    elif part is None:
        state = "unknown"
    elif part * total >= _FEWEST_EXPECTED and count < below * part * total:
        state = "quiet"
    return Voice(
        district=district,
        contributions=count,
        share=count / total if total else None,
        residents_share=part,
        state=state,
        last=max(days, default=None),
        updates=updates_about(collective, district.id),
    )


def updates_about(collective: Collective, record_id: str) -> tuple[Held[Comment], ...]:
    """List what the city says it does about a district or theme; the latest first."""
    found = [
        held
        for held in collective.naming(record_id, Comment, "about")
        if held.record.kind == "update"
    ]
    return tuple(
        sorted(found, key=lambda held: (held.record.said_on or date.min, held.date), reverse=True)
    )


async def say_update(
    store: Store,
    caller: Caller,
    *,
    comment_id: str,
    about: str,
    text: Mapping[str, str],
    city: str | None = None,
    by: str | None = None,
    today: date,
    now: str,
) -> Comment:
    """Say, for the city, what it does about a silent district, or a theme.

    Raises:
        TextRefused: The text is empty or too long.
    """
    plain = {
        language: inert(one, field="text", most=_TEXT, lines=True) for language, one in text.items()
    }
    comment = Comment(
        id=comment_id,
        title={language: one.splitlines()[0][:100] for language, one in plain.items()},
        about=about,
        text=plain,
        kind="update",
        city=city,
        source_city=city,
        by=by,
        said_on=today,
        provenance="entered",
    )
    return await create_record(store, caller, comment, now=now)


def _district(entity: Entity, tenant: str) -> District:
    inhabitants = next(_values(entity, _INHABITANTS), None)
    if isinstance(inhabitants, bool) or not isinstance(inhabitants, int | float):
        inhabitants = None
    city = next(_values(entity, _CITIES), None)
    return District(
        id=entity.id,
        name=_name(next(_values(entity, _NAMES), None), entity.id),
        inhabitants=int(inhabitants) if inhabitants is not None else None,
        city=city if isinstance(city, str) else None,
        tenant=tenant,
    )


def _values(entity: Entity, names: Sequence[str]) -> Iterator[JsonValue]:
    for name in names:
        for instance in entity.attributes.get(name, ()):
            if isinstance(instance.value, str | int | float | Mapping):
                yield instance.value


def _name(value: JsonValue, entity_id: str) -> Label:
    if isinstance(value, Mapping):
        texts = {name: text for name, text in value.items() if isinstance(text, str)}
        return texts or {"@none": entity_id}
    return {"@none": value if isinstance(value, str) else entity_id}


def _total(numbers: Sequence[int | None]) -> int | None:
    """Add up; where one is not known, the sum is not."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
