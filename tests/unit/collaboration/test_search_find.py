"""Search finds records by words, concepts across languages, names, codes and phrases, and says why."""

import pytest

from hanze.broker.provision import delete_entity, merge_entity
from hanze.collaboration.records.entities import attributes_of
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.projects import Project
from hanze.collaboration.search import Search
from hanze.ngsild.model import Attribute, AttributeKind, Fragment
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.collectives import WRITER, Held, collective_of, holding
from tests.unit.collaboration.searchable import (
    BIKES,
    BUSAN,
    LAMPS,
    SHED,
    STALLING,
    UTRECHT,
    WORLD,
    annotator,
    searching,
)

LATER = "2026-11-22T11:00:00Z"


def _ids(search: Search, text: str, language: str = "en") -> list[str]:
    return [hit.held.record.id for hit in search.find(text, language)]


@pytest.mark.parametrize("text", ["자전거 보관소", "bicycle parking", "fietsenstalling"])
async def test_find_should_meet_records_of_every_language(text: str) -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert {BIKES, STALLING, SHED} == set(_ids(search, text))


async def test_a_hit_should_say_why_in_both_languages() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        hits = {hit.held.record.id: hit for hit in search.find("bicycle parking", "en")}
        assert hits[SHED].matches[0].text == "bicycle parking = 자전거 보관소"
        assert hits[SHED].matches[0].kind == "concept"
        assert hits[SHED].matches[0].term == "bicycle-parking"
        # "bicycle" would be found as well: that says nothing more.
        assert all(one.label != "cycling" for one in hits[SHED].matches)


async def test_find_should_include_what_is_below_a_concept_and_not_what_is_above() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert {BIKES, STALLING, SHED} <= set(_ids(search, "mobiliteit", "nl"))
        assert LAMPS not in _ids(search, "bicycle parking")


@pytest.mark.parametrize("text", ["GM0344", "gm0344", UTRECHT, UTRECHT.upper()])
async def test_find_should_put_what_has_the_code_first(text: str) -> None:
    async with collective_of(*WORLD) as collective:
        first = (await searching(collective)).find(text, "en")[0]
        assert first.held.record.id == UTRECHT
        assert first.matches[0].kind == "code"


async def test_find_should_know_records_by_whose_they_are() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert _ids(search, "utrecht")[0] == UTRECHT
        assert {BIKES, LAMPS} <= set(_ids(search, "위트레흐트", "ko"))
        assert _ids(search, "lampen utrecht", "nl") == [LAMPS]
        (hit,) = search.find("자전거 부산", "nl")
        assert hit.held.record.id == SHED
        assert ("name", "Busan") in {(one.kind, one.label) for one in hit.matches}


async def test_the_last_word_should_be_allowed_to_be_unfinished() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert _ids(search, "forenz", "nl") == [BIKES]
        assert _ids(search, "forenz station", "nl") == [BIKES]


async def test_a_phrase_should_be_found_literally() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert _ids(search, '"bij het station"', "nl") == [BIKES]
        assert _ids(search, '"station bij"', "nl") == []
        assert _ids(search, "“free bicycle parking”") == [STALLING]
        assert _ids(search, '"het bij"', "nl") == []


async def test_all_words_should_count_and_most_where_nothing_has_all() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        assert _ids(search, "lampen forenzen", "nl") != []
        assert set(_ids(search, "lampen forenzen", "nl")) == {LAMPS, BIKES}


async def test_a_description_should_find_what_is_about_the_same() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        text = "우리 시는 역 앞에 자전거 보관소가 부족하여 주민들이 매일 빈 자리를 찾느라 많은 시간을 씁니다"
        found = search.find(text, "ko")
        assert {SHED, BIKES} <= {hit.held.record.id for hit in found}
        assert all(hit.matches for hit in found)


@pytest.mark.parametrize("text", ["", "   ", '"', '""', "het", "!!!", "zzzz", "\x00", "a" * 6_000])
async def test_find_should_find_nothing_where_nothing_is_asked(text: str) -> None:
    async with collective_of(*WORLD) as collective:
        assert _ids(await searching(collective), text, "nl") == []


async def test_find_should_keep_to_types_and_limit() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        found = search.find("bicycle parking", "en", kinds=(Demand, Project))
        assert {hit.held.record.id for hit in found} == {BIKES, SHED}
        assert len(search.find("bicycle parking", "en", limit=1)) == 1


async def test_refresh_should_follow_changes_and_deletions() -> None:
    async with holding(*WORLD) as held:
        collective = await held.collective()
        search = await searching(collective)
        assert BUSAN in _ids(search, "부산", "ko")
        changed = Project(id=LAMPS, title={"en": "Bright bollards"}, stage="pilot")
        await _change(held, changed)
        await held.store.transact(lambda uow: delete_entity(uow, WRITER, SHED, now=LATER))
        await held.add(
            Demand(id="urn:ngsi-ld:Demand:x:1", title={"en": "Bollard"}, problem={"en": "-"})
        )
        await collective.refresh(LATER)
        await search.refresh(collective, wait_s=None)
        assert set(_ids(search, "bollard")) == {LAMPS, "urn:ngsi-ld:Demand:x:1"}
        assert _ids(search, '"smart lamps"') == []
        assert SHED not in _ids(search, "bicycle parking")
        assert search.pending == 0


async def test_what_is_no_record_any_more_should_not_be_found() -> None:
    store = await Store.open(None)
    held = Held(store)
    await held.add(*WORLD)
    collective = await held.collective()
    search = await searching(collective)
    assert _ids(search, LAMPS) == [LAMPS]
    stage = (Attribute(kind=AttributeKind.PROPERTY, value="dancing"),)
    fragment = Fragment(attributes={HANZE.expand_name("stage"): stage})
    await store.transact(lambda uow: merge_entity(uow, WRITER, LAMPS, fragment, now=LATER))
    await collective.refresh(LATER)
    await search.refresh(collective, wait_s=None)
    assert LAMPS not in _ids(search, LAMPS)
    await store.close()


async def test_prepare_should_read_a_question_beforehand() -> None:
    async with collective_of(*WORLD) as collective:
        search = await searching(collective)
        await search.prepare("fietsenstalling", "nl")
        await search.prepare(" ", "nl")
        assert BIKES in _ids(search, "fietsenstalling", "nl")


async def test_refresh_should_close_gaps_where_much_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hanze.collaboration.search._COMPACT_FROM", 1)
    async with holding(*WORLD) as held:
        collective = await held.collective()
        search = await searching(collective)
        for number in range(5):
            title = {"en": f"Lamp {number} beacon{number}"}
            await _change(held, Project(id=LAMPS, title=title, stage="pilot"))
            await collective.refresh(LATER)
            await search.refresh(collective, wait_s=None)
        assert len(search.rows) < len(WORLD) + 5
        assert _ids(search, "beacon4") == [LAMPS]
        assert _ids(search, "beacon3") == []
        assert {BIKES, STALLING, SHED} == set(_ids(search, "bicycle parking"))


async def test_refresh_should_read_anew_when_concepts_are_added() -> None:
    current = [annotator()]
    async with collective_of(*WORLD) as collective:
        search = await Search(lambda: current[0]).refresh(collective, wait_s=None)
        before = search.rows
        current[0] = annotator.__wrapped__()
        await search.refresh(collective, wait_s=None)
        assert search.rows is not before
        assert {BIKES, STALLING, SHED} == set(_ids(search, "bicycle parking"))


async def test_much_to_read_should_not_keep_others_waiting() -> None:
    many = [
        Demand(id=f"urn:ngsi-ld:Demand:x:{n}", title={"en": f"Lamp{n}"}, problem={"en": "dark"})
        for n in range(120)
    ]
    async with collective_of(*many) as collective:
        search = Search(annotator)
        await search.refresh(collective, wait_s=0)
        assert search.pending > 0
        assert len(search.rows) == len(many)
        # What is not read yet is found by its id.
        assert _ids(search, many[-1].id) == [many[-1].id]
        await search.refresh(collective, wait_s=None)
        assert search.pending == 0
        await search.close()


async def test_close_should_stop_what_runs() -> None:
    many = [
        Demand(id=f"urn:ngsi-ld:Demand:x:{n}", title={"en": f"Lamp{n}"}, problem={"en": "dark"})
        for n in range(120)
    ]
    async with collective_of(*many) as collective:
        search = await Search(annotator).refresh(collective, wait_s=0)
        await search.close()
        await search.close()
        assert search.pending > 0


async def _change(held: Held, record: Project) -> None:
    fragment = Fragment(attributes=attributes_of(record, ("title",)))
    await held.store.transact(lambda uow: merge_entity(uow, WRITER, record.id, fragment, now=LATER))
