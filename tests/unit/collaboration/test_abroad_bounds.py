"""What others write without bounds costs a node a bounded time."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from hanze.collaboration.gatherings import planning
from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.matching.solver import SolverMissing
from hanze.collaboration.mentoring import pairing
from hanze.collaboration.mentoring.pairing import match_mentors
from hanze.collaboration.missions import together
from hanze.collaboration.missions.calendar import Asked, outings
from hanze.collaboration.missions.together import flags
from hanze.collaboration.records.cooperation import MentorProfile
from hanze.collaboration.records.missions import Event
from hanze.collaboration.records.record import Record
from hanze.collaboration.reporting.pdf import PdfTooLong, kept_pdf, pdf_of
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.scheduling.problem import Problem, Schedule
from hanze.collaboration.vocabulary.concept import load_vocabulary
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, collective_of, holding
from tests.gathering_world import BUSAN, DAY_ID, everything

TODAY = date(2026, 11, 2)


def _events(number: int) -> Iterator[Record]:
    for key in range(number):
        yield Event(
            id=f"urn:ngsi-ld:Event:test:{key}",
            title={"en": "Smart City Expo"},
            kind="fair",
            starts=TODAY + timedelta(days=1),
            ends=TODAY + timedelta(days=2),
        )


async def test_flags_should_be_of_so_many_pairs_when_all_is_on_one_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "_MOST_PAIRS", 30)
    async with collective_of(*_events(20)) as collective:
        found = outings(collective, Asked(TODAY, TODAY + timedelta(days=9)))
    assert len(found) == 20
    assert len(flags(found, TODAY)) == 30


async def test_matching_should_compare_so_many_when_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    annotator = Annotator(load_vocabulary())
    monkeypatch.setattr(pairing, "_MOST_OF_ROLE", 2)
    theme = "urn:ngsi-ld:Theme:hanze:mobility"
    profiles = [
        MentorProfile(
            id=f"urn:ngsi-ld:MentorProfile:test:{role}-{key}",
            title={"en": "Profile"},
            role=role,
            languages=("en",),
            themes=(theme,),
        )
        for role in ("mentor", "student")
        for key in range(4)
    ]
    async with collective_of(*profiles) as collective:
        found = match_mentors(collective, annotator, TODAY)
    assert len(found.proposals) == 2
    assert sorted(found.waiting.values()) == ["others-full"] * 4


@pytest.mark.parametrize("html", ["<p>" * 12_001, "x" * 1_000_001])
async def test_pdf_should_be_refused_when_it_would_take_too_long(html: str) -> None:
    assert kept_pdf(html) is None
    with pytest.raises(PdfTooLong, match="as a page"):
        await pdf_of(html)


async def test_solver_should_not_work_when_the_day_is_of_another_or_too_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solved: list[str] = []
    wait = threading.Event()

    def slowly(_problem: Problem, **_options: object) -> Schedule:
        solved.append("day")
        wait.wait(20)
        raise SolverMissing

    monkeypatch.setattr(planning, "plan_day", slowly)
    async with holding(*everything()) as world:
        collective = await world.collective()

        async def plan(caller: Caller) -> None:
            await planning.plan_matchday(world.store, caller, collective, DAY_ID, now=NOW)

        with pytest.raises(SpeaksForAnother):
            await plan(Caller(actor="test", roles=WRITER.roles, organisation=BUSAN))
        assert not solved
        tasks = [asyncio.create_task(plan(WRITER)) for _ in range(9)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = done
        assert isinstance(refused.exception(), planning.TooManyPlans)
        wait.set()
        others = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(one, SolverMissing) for one in others) == 8
        # The queue is free again.
        with pytest.raises(SolverMissing):
            await plan(WRITER)
