"""A buddy is a city that did it before, and only while the tender runs."""

from datetime import date
from itertools import count

import pytest

from hanze.collaboration.buddies import (
    NoLiveTender,
    NotABuddy,
    buddies_for,
    is_live,
    is_proven,
    live_tenders,
    say_as_buddy,
)
from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.records.needs import Demand, DemandBundle, Tender
from hanze.collaboration.records.projects import Evaluation, Project
from hanze.collaboration.records.residents import Comment
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.rules.step import RuleBroken
from tests.collectives import NOW, WRITER, collective_of, holding

TODAY = date(2026, 11, 22)
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
ENERGY = "urn:ngsi-ld:Theme:hanze:energy"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
EINDHOVEN = "urn:ngsi-ld:Municipality:NL:GM0772"
ZWOLLE = "urn:ngsi-ld:Municipality:NL:GM0193"
LIVE = Tender(status="active", starts=date(2026, 11, 1), ends=date(2026, 12, 1))
_numbers = count()


def _demand(key: str, **more: object) -> Demand:
    values: dict[str, object] = {"themes": (MOBILITY,), "source_city": ZWOLLE, "tender": LIVE}
    return Demand(
        id=f"urn:ngsi-ld:Demand:test:{key}",
        title={"en": key},
        problem={"en": "Too many bicycles"},
        **(values | more),  # type: ignore[arg-type]  # the test's own
    )


def _project(
    city: str, *, stage: str = "replicated", themes: tuple[str, ...] = (MOBILITY,)
) -> Project:
    return Project(
        id=f"urn:ngsi-ld:Project:test:{next(_numbers)}",
        title={"en": "p"},
        stage=stage,
        themes=themes,
        source_city=city,
    )


@pytest.mark.parametrize(
    ("tender", "live"),
    [
        (None, False),
        (Tender(status="planned"), False),
        (Tender(status="active"), True),
        (LIVE, True),
        (Tender(status="active", ends=date(2026, 11, 22)), True),
        (Tender(status="active", ends=date(2026, 11, 21)), False),
        (Tender(status="active", starts=date(2026, 11, 23)), False),
    ],
)
def test_tender_should_be_live_within_its_period(tender: Tender | None, live: bool) -> None:
    assert is_live(tender, TODAY) is live


def test_project_should_be_proven_when_it_grew_or_was_evaluated_well() -> None:
    evaluated = _project(UTRECHT, stage="evaluated")
    assert not is_proven(evaluated)
    assert not is_proven(_project(UTRECHT, stage="pilot"))
    assert is_proven(_project(UTRECHT, stage="replicated"))
    good = Project(
        id="urn:x:1",
        title={"en": "p"},
        stage="evaluated",
        evaluation=Evaluation(technical="good"),
    )
    assert is_proven(good)


async def test_live_tenders_should_come_by_deadline_with_their_comments() -> None:
    late = _demand("late", tender=Tender(status="active", ends=date(2027, 1, 1)))
    open_end = _demand("open-end", tender=Tender(status="active"))
    closed = _demand("closed", tender=Tender(status="complete"))
    comment = Comment(
        id="urn:ngsi-ld:Comment:test:1", title={"en": "c"}, about=late.id, text={"en": "Look"}
    )
    records = (open_end, late, closed, _demand("none", tender=None), comment, _demand("soon"))
    async with collective_of(*records) as collective:
        found = live_tenders(collective, TODAY)
    assert [(one.need.record.title["en"], one.days_left) for one in found] == [
        ("soon", 9),
        ("late", 40),
        ("open-end", None),
    ]
    assert [held.record.id for held in found[1].comments] == [comment.id]


async def test_buddies_should_be_cities_with_proof_in_the_theme() -> None:
    demand = _demand("bikes")
    records = (
        demand,
        Theme(id=MOBILITY, title={"en": "Mobility"}, lead_cities=(EINDHOVEN,)),
        _project(UTRECHT),
        _project(UTRECHT),
        _project(EINDHOVEN),
        _project("urn:ngsi-ld:Municipality:KR:21", stage="pilot"),
        _project("urn:ngsi-ld:Municipality:KR:22", themes=(ENERGY,)),
        _project(ZWOLLE),
    )
    async with collective_of(*records) as collective:
        found = buddies_for(collective, demand.id)
        with pytest.raises(RecordNotFound):
            buddies_for(collective, MOBILITY)
    assert [(one.city, len(one.proofs), one.leads) for one in found] == [
        (EINDHOVEN, 1, (MOBILITY,)),
        (UTRECHT, 2, ()),
    ]


async def test_bundle_should_have_buddies_outside_its_members() -> None:
    demand = _demand("one", tender=None)
    bundle = DemandBundle(
        id="urn:ngsi-ld:DemandBundle:test:1",
        title={"en": "together"},
        demands=(demand.id, "urn:ngsi-ld:Demand:test:elsewhere"),
        members=(UTRECHT,),
        tender=LIVE,
    )
    records = (demand, bundle, _project(UTRECHT), _project(ZWOLLE), _project(EINDHOVEN))
    async with collective_of(*records) as collective:
        assert [one.city for one in buddies_for(collective, bundle.id)] == [EINDHOVEN]


async def test_buddy_should_speak_only_about_a_live_tender_and_with_proof() -> None:
    demand, over = _demand("bikes"), _demand("over", tender=Tender(status="complete"))
    async with holding(demand, over, _project(UTRECHT), _project(ZWOLLE)) as held:
        collective = await held.collective()

        async def say(about: str, city: str) -> Comment:
            return await say_as_buddy(
                held.store,
                collective,
                WRITER,
                comment_id=f"urn:ngsi-ld:Comment:test:{next(_numbers)}",
                about=about,
                city=city,
                text={"en": "Ask for the parking data as open data"},
                today=TODAY,
                now=NOW,
            )

        with pytest.raises(NoLiveTender):
            await say(over.id, UTRECHT)
        with pytest.raises(NotABuddy, match="those who tender"):
            await say(demand.id, ZWOLLE)
        with pytest.raises(NotABuddy, match="no proven project"):
            await say(demand.id, EINDHOVEN)
        comment = await say(demand.id, UTRECHT)
        assert held.record(comment.id) == comment
        collective = await held.collective()
        (buddy,) = buddies_for(collective, demand.id)
        assert buddy.said == 1


async def test_patch_should_not_go_around_the_tender() -> None:
    over = _demand("over", tender=Tender(status="complete"))
    live, project = _demand("live"), _project(UTRECHT)
    bundle = DemandBundle(
        id="urn:ngsi-ld:DemandBundle:test:elsewhere", title={"en": "b"}, demands=(live.id,)
    )

    def comment(about: str, city: str | None = UTRECHT, **more: object) -> Comment:
        return Comment(
            id=f"urn:ngsi-ld:Comment:test:{next(_numbers)}",
            title={"en": "c"},
            about=about,
            text={"en": "Look"},
            city=city,
            **more,  # type: ignore[arg-type]  # the test's own
        )

    async with holding(over, live, project) as held:
        await held.add(comment(live.id), comment(bundle.id), comment(over.id, kind="lesson"))
        for wrong in (
            comment(over.id),
            comment(live.id, None),
            comment(live.id, ZWOLLE),
            comment(project.id),
            comment("urn:ngsi-ld:Project:test:elsewhere"),
        ):
            with pytest.raises(RuleBroken):
                await held.add(wrong)
