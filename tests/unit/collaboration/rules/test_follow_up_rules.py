"""Rules of results, follow-ups and reports, as every write meets them."""

from collections.abc import Mapping
from datetime import date

import pytest
from msgspec.structs import replace

from hanze.broker.provision import delete_entity
from hanze.collaboration.missions.following import (
    NothingTold,
    Told,
    add_follow_up,
    update_follow_up,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import FollowUp, MissionReport, ReportSection, Update
from hanze.collaboration.reporting.editing import (
    ReportPublished,
    UnknownSection,
    publish_report,
    write_section,
)
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, Held, holding
from tests.journeys import (
    BRABANT,
    FIRST,
    GYEONGGI,
    INVITATION,
    JOURNEY,
    REPORT,
    STUDIES,
    TODAY,
    journey,
)


def _speaking_for(organisation: str) -> Caller:
    return Caller(actor="test", roles=WRITER.roles, organisation=organisation)


async def _set(held: Held, fields: Mapping[str, object], caller: Caller = WRITER) -> None:
    await change_record(
        held.store,
        caller,
        INVITATION,
        FollowUp,
        lambda record: replace(record, **fields),
        now=NOW,
    )


_Refusals = tuple[tuple[dict[str, object], type[Exception], str], ...]

_CONTRADICTIONS: _Refusals = (
    ({"status": "done"}, RuleBroken, "needs doneOn"),
    ({"status": "dropped"}, RuleBroken, "needs doneOn"),
    ({"done_on": date(2026, 1, 1)}, RuleBroken, "has no doneOn"),
    ({"status": "done", "done_on": date(2027, 1, 1)}, InvalidRecord, "must not lie ahead"),
    ({"status": "done", "done_on": date(2024, 1, 1)}, InvalidRecord, "must not be before on"),
    ({"due": date(2020, 1, 1)}, InvalidRecord, "must not be before on"),
    ({"updates": (Update(on=TODAY, text={}),)}, InvalidRecord, "must say something"),
    (
        {"updates": (Update(on=date(2028, 1, 1), text={"en": "x"}),)},
        InvalidRecord,
        "must not lie ahead",
    ),
    (
        {
            "updates": (
                Update(on=TODAY, text={"en": "x"}),
                Update(on=date(2026, 1, 1), text={"en": "y"}),
            )
        },
        InvalidRecord,
        "must not be before the update",
    ),
)


async def test_follow_up_should_be_refused_when_its_days_contradict() -> None:
    async with holding(*journey()) as held:
        for fields, error, message in _CONTRADICTIONS:
            with pytest.raises(error, match=message):
                await _set(held, fields)


async def test_follow_up_should_be_its_partys_own_when_somebody_speaks_for_another() -> None:
    async with holding(*journey()) as held:
        with pytest.raises(SpeaksForAnother):
            await _set(held, {"due": date(2027, 1, 1)}, _speaking_for(GYEONGGI))
        await _set(held, {"due": date(2027, 1, 1)}, _speaking_for(BRABANT))
        found = held.record(INVITATION)
    assert isinstance(found, FollowUp)
    assert found.due == date(2027, 1, 1)


async def test_update_follow_up_should_tell_and_end_it_when_it_is_done() -> None:
    async with holding(*journey()) as held:
        collective = await held.collective()
        told = Told(text={"en": " It came about. "}, status="done", became=(JOURNEY,))
        done = await update_follow_up(
            held.store, WRITER, collective, INVITATION, told, on=TODAY, now=NOW
        )
        again = await update_follow_up(
            held.store,
            WRITER,
            collective,
            INVITATION,
            Told(text={}, status="open"),
            on=TODAY,
            now=NOW,
        )
        with pytest.raises(NothingTold):
            await update_follow_up(
                held.store, WRITER, collective, STUDIES, Told(text={"en": " "}), on=TODAY, now=NOW
            )
    assert (done.status, done.done_on, done.became) == ("done", TODAY, (JOURNEY,))
    assert done.updates == (Update(on=TODAY, text={"en": "It came about."}),)
    assert (again.status, again.done_on, len(again.updates)) == ("open", None, 1)


async def test_add_follow_up_should_take_after_its_mission_when_little_is_said() -> None:
    async with holding(*journey()) as held:
        made = await add_follow_up(
            held.store,
            WRITER,
            await held.collective(),
            FollowUp(
                id="urn:ngsi-ld:FollowUp:test:new",
                title={"en": "New"},
                kind="follow-up",
                mission=JOURNEY,
                on=TODAY,
            ),
            now=NOW,
        )
    assert (made.owner, made.source_city, made.provenance) == (BRABANT, BRABANT, "entered")
    assert made.themes


async def test_write_section_should_keep_other_languages_when_one_is_written() -> None:
    async with holding(*journey()) as held:
        collective = await held.collective()
        after = await write_section(
            held.store,
            WRITER,
            collective,
            JOURNEY,
            key="conclusion",
            text={"ko": "좋았습니다."},
            now=NOW,
        )
        gone = await write_section(
            held.store,
            WRITER,
            collective,
            JOURNEY,
            key="conclusion",
            text={"ko": "", "nl": " ", "en": ""},
            now=NOW,
        )
        with pytest.raises(UnknownSection):
            await write_section(
                held.store, WRITER, collective, JOURNEY, key="weather", text={}, now=NOW
            )
    assert set(after.sections[0].text) == {"nl", "en", "ko"}
    assert gone.sections == ()


async def test_write_section_should_begin_a_report_when_there_is_none() -> None:
    async with holding(*journey()) as held:
        for text in ("One", "Two"):
            made = await write_section(
                held.store,
                WRITER,
                await held.collective(),
                FIRST,
                key="goal",
                text={"en": text},
                now=NOW,
            )
    assert made.id == "urn:ngsi-ld:MissionReport:test:brabant-2023"
    assert (made.author, made.status) == (BRABANT, "draft")
    assert made.sections == (ReportSection(key="goal", text={"en": "Two"}),)
    assert made.title["nl"] == "Verslag van een missie: Eerste bezoek aan Gyeonggi"


async def test_publish_report_should_keep_it_when_it_is_out() -> None:
    async with holding(*journey()) as held:
        collective = await held.collective()
        out = await publish_report(held.store, WRITER, collective, JOURNEY, on=TODAY, now=NOW)
        assert (out.status, out.published_on, out.author) == ("published", TODAY, BRABANT)
        with pytest.raises(ReportPublished):
            await publish_report(held.store, WRITER, collective, JOURNEY, on=TODAY, now=NOW)
        with pytest.raises(RuleBroken, match="stays as it is"):
            await _report(held, {"status": "draft", "published_on": None})
        with pytest.raises(RuleBroken, match="cannot be deleted"):
            await held.store.transact(lambda uow: delete_entity(uow, WRITER, REPORT, now=NOW))
        corrected = ReportSection(key="goal", text={"en": "Corrected"})
        await _report(held, {"sections": (corrected,)})


_REFUSED: _Refusals = (
    ({"status": "published"}, RuleBroken, "needs publishedOn"),
    ({"published_on": date(2026, 1, 1)}, RuleBroken, "has no publishedOn"),
    (
        {"status": "published", "published_on": date(2027, 5, 1)},
        InvalidRecord,
        "must not lie ahead",
    ),
    (
        {
            "sections": (
                ReportSection(key="goal", text={"en": "a"}),
                ReportSection(key="goal", text={"en": "b"}),
            )
        },
        InvalidRecord,
        "must be there once",
    ),
)


async def test_report_should_be_refused_when_it_contradicts_itself() -> None:
    async with holding(*journey()) as held:
        for fields, error, message in _REFUSED:
            with pytest.raises(error, match=message):
                await _report(held, fields)


async def test_report_should_be_its_authors_own_when_somebody_speaks_for_another() -> None:
    async with holding(*journey()) as held:
        with pytest.raises(SpeaksForAnother):
            await _report(held, {"sections": ()}, _speaking_for(GYEONGGI))
        await _report(held, {"sections": ()}, _speaking_for(BRABANT))


async def _report(held: Held, fields: Mapping[str, object], caller: Caller = WRITER) -> None:
    await change_record(
        held.store,
        caller,
        REPORT,
        MissionReport,
        lambda record: replace(record, **fields),
        now=NOW,
    )
