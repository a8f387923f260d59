"""Answers that hold until a record changes."""

from hanze.collaboration.doubles import duplicates_of
from hanze.collaboration.kept import while_unchanged
from tests.unit.collaboration.flow_records import NOW, add, collected, project, ruled_store

TITLE = {"en": "Night parking for bicycles in Old Town"}


async def test_answer_should_be_made_once_until_a_record_changes() -> None:
    async with ruled_store() as store:
        await add(store, project("one"))
        collective, _ = await collected(store)
        made: list[int] = []
        for _ in range(3):
            while_unchanged(collective, "key", lambda: made.append(1))
        assert made == [1]
        while_unchanged(collective, "other", lambda: made.append(2))
        assert made == [1, 2]
        await add(store, project("two"))
        await collective.refresh(NOW)
        while_unchanged(collective, "key", lambda: made.append(3))
        assert made == [1, 2, 3]


async def test_duplicates_should_be_those_of_the_records_as_they_are_now() -> None:
    async with ruled_store() as store:
        await add(store, project("one", title=TITLE, source_city="urn:ngsi-ld:Municipality:test:a"))
        collective, _ = await collected(store)
        assert duplicates_of(collective) == []
        await add(store, project("two", title=TITLE, source_city="urn:ngsi-ld:Municipality:test:a"))
        await collective.refresh(NOW)
        (pair,) = duplicates_of(collective)
        assert {pair.one, pair.other} == {held.record.id for held in collective.every()}
        assert duplicates_of(collective, among=pair.one) == [pair]
        assert duplicates_of(collective, among="urn:ngsi-ld:Project:other") == []
