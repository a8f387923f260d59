"""Which districts are silent, which are quiet, and what the city says it does about it."""

from datetime import date

import pytest

from hanze.broker.provision import create_entity
from hanze.collaboration.districts import (
    District,
    districts,
    placed,
    say_update,
    updates_about,
    voices,
)
from hanze.collaboration.inert import TextRefused
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE
from tests.collectives import NOW, WRITER, Held, collective_of, holding

TODAY, SINCE = date(2026, 11, 22), date(2026, 1, 1)


def _district(key: str, inhabitants: int | None = None) -> District:
    return District(f"urn:ngsi-ld:District:test:{key}", {"en": key}, inhabitants, None)


def _said(district: District, number: int, day: date = date(2026, 5, 1)) -> tuple[Record, ...]:
    return tuple(
        Contribution(
            id=f"{district.id}:{day}:{one}".replace("District", "Contribution"),
            title={"en": "x"},
            district=district.id,
            received_on=day,
        )
        for one in range(number)
    )


async def test_district_should_be_silent_quiet_heard_or_unknown() -> None:
    north, south, west = _district("north", 4000), _district("south", 4000), _district("west", 2000)
    some = (north, south, west)
    records = (*_said(north, 9), *_said(south, 1), *_said(west, 3, date(2025, 12, 31)))
    async with collective_of(*records) as collective:
        found = voices(collective, some, since=SINCE, today=TODAY)
    assert [(one.district, one.state, one.contributions) for one in found] == [
        (west, "silent", 0),
        (south, "quiet", 1),
        (north, "heard", 9),
    ]
    assert found[0].last == date(2025, 12, 31)
    assert (found[1].share, found[1].residents_share) == (0.1, 0.4)


async def test_district_should_be_unknown_when_inhabitants_are() -> None:
    some = (_district("north", 10), _district("south"))
    async with collective_of(*_said(some[0], 1)) as collective:
        found = voices(collective, some, since=SINCE, today=TODAY)
    assert [(one.state, one.share, one.residents_share) for one in found] == [
        ("silent", 0.0, None),
        ("unknown", 1.0, None),
    ]


async def test_few_contributions_should_say_nothing_about_a_small_district() -> None:
    small, large = _district("small", 100), _district("large", 9900)
    records = (*_said(small, 1), *_said(large, 9))
    async with collective_of(*records) as collective:
        found = voices(collective, (small, large), since=SINCE, today=TODAY)
    assert {one.state for one in found} == {"heard"}


async def test_districts_should_be_of_the_city_whose_contributions_name_them() -> None:
    city, municipality = "urn:ngsi-ld:City:x:city", "urn:ngsi-ld:Municipality:x:1"
    known = Municipality(id="urn:ngsi-ld:Municipality:x:2", title={"en": "Known"})
    there = [
        District(f"urn:ngsi-ld:District:test:{key}", {"en": key}, None, of)
        for key, of in (("a", city), ("b", city), ("c", known.id), ("d", None))
    ]
    said = [
        Contribution(
            id=f"urn:ngsi-ld:Contribution:x:{number}",
            title={"en": "x"},
            district=district.id,
            source_city=municipality,
        )
        for number, district in enumerate((there[0], there[2]))
    ]
    async with collective_of(known, *said) as collective:
        found = placed(collective, there)
    assert [one.city for one in found] == [municipality, municipality, known.id, None]


async def test_what_was_withdrawn_should_not_count() -> None:
    north = _district("north", 10)
    gone = Contribution(
        id="urn:ngsi-ld:Contribution:x:1",
        title={"en": "x"},
        district=north.id,
        status="withdrawn",
        received_on=TODAY,
    )
    async with collective_of(gone) as collective:
        (found,) = voices(collective, (north,), since=SINCE, today=TODAY)
    assert (found.state, found.share, found.last) == ("silent", None, None)


async def _add(held: Held, key: str, **attributes: Attribute) -> None:
    entity = Entity(
        id=f"urn:ngsi-ld:District:test:{key}",
        types=(HANZE.expand_name("District"),),
        attributes={HANZE.expand_name(name): (one,) for name, one in attributes.items()},
    )
    await held.store.transact(
        lambda uow: create_entity(uow, WRITER, entity, context=HANZE, now=NOW)
    )


async def test_districts_should_be_read_as_cities_have_them() -> None:
    def value(one: object, kind: AttributeKind = AttributeKind.PROPERTY) -> Attribute:
        return Attribute(kind=kind, value=one)  # type: ignore[arg-type]  # JSON

    async with holding() as held:
        city = "urn:ngsi-ld:City:test:city"
        await _add(
            held,
            "a",
            name=value({"nl": "Noord", "ko": "북구"}, AttributeKind.LANGUAGE_PROPERTY),
            population=value(4200),
            inCity=value(city, AttributeKind.RELATIONSHIP),
        )
        await _add(held, "b", name=value("Zuid"), inhabitants=value(1.0))
        await _add(held, "c", population=value("many"))
        found = await districts(held.store, WRITER, ("", "gone"), now=NOW)
    assert [(one.name, one.inhabitants, one.city) for one in found] == [
        ({"nl": "Noord", "ko": "북구"}, 4200, city),
        ({"@none": "Zuid"}, 1, None),
        ({"@none": "urn:ngsi-ld:District:test:c"}, None, None),
    ]


async def test_city_should_say_what_it_does_about_a_silent_district() -> None:
    north = _district("north", 10)
    async with holding() as held:
        said = await say_update(
            held.store,
            WRITER,
            comment_id="urn:ngsi-ld:Comment:test:1",
            about=north.id,
            text={"nl": "We staan op 3 december op de markt.\nKom langs: https://x.example"},
            by="Wijkteam Noord",
            today=TODAY,
            now=NOW,
        )
        assert said.text == {"nl": "We staan op 3 december op de markt.\nKom langs: x.example"}
        collective = await held.collective()
        (found,) = voices(collective, (north,), since=SINCE, today=TODAY)
        assert [one.record for one in found.updates] == [said]
        assert [one.record for one in updates_about(collective, north.id)] == [said]
        assert isinstance(held.record(said.id), Comment)
        with pytest.raises(TextRefused):
            await say_update(
                held.store,
                WRITER,
                comment_id="urn:ngsi-ld:Comment:test:2",
                about=north.id,
                text={"nl": ""},
                today=TODAY,
                now=NOW,
            )
