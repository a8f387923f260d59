"""What may happen to accords, their signatures, and steps of cooperations."""

from collections.abc import AsyncIterator, Callable
from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from hanze.broker.provision import delete_entity
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.members import Member, add_member
from hanze.collaboration.records.cooperation import (
    AccordSignature,
    Cooperation,
    CooperationStep,
    GroupMember,
    GroupTask,
    WorkingGroup,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.model import Replica
from hanze.collaboration.rules.speaking import SpeaksForAnother
from hanze.collaboration.rules.step import RuleBroken
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from tests.collectives import NOW, WRITER, Held, holding
from tests.cooperating_world import (
    ACCORD,
    BUSAN,
    COMPANY,
    CONTACT,
    DEMAND,
    GRONINGEN,
    SOLUTION,
    UTRECHT,
    an_accord,
    places,
    signature_of,
)

TODAY = date(2026, 11, 22)
DIGEST = digest_of(an_accord())
OF_BUSAN = Caller(actor="kim", organisation=BUSAN, roles=WRITER.roles)
OF_UTRECHT = Caller(actor="jan", organisation=UTRECHT, roles=WRITER.roles)


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    async with holding(*places(), an_accord()) as found:
        yield found


async def change(
    held: Held, record: Record, changes: dict[str, object], caller: Caller = WRITER
) -> Record:
    return await change_record(
        held.store, caller, record.id, type(record), lambda one: replace(one, **changes), now=NOW
    )


async def remove(held: Held, record: Record) -> None:
    await held.store.transact(lambda uow: delete_entity(uow, WRITER, record.id, now=NOW))


# Accords


@pytest.mark.parametrize("parties", [(), (GRONINGEN,), (GRONINGEN, GRONINGEN)])
async def test_accord_should_be_refused_when_it_has_fewer_than_two_parties(
    held: Held, parties: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidRecord, match="parties"):
        await held.add(an_accord(id=ACCORD + "-2", parties=parties))


async def test_accord_should_stay_as_it_is_when_it_was_offered(held: Held) -> None:
    with pytest.raises(RuleBroken, match="previous can replace it") as caught:
        await change(held, an_accord(), {"terms": {"en": "We share nothing."}})
    assert caught.value.field == "terms"
    await change(held, an_accord(), {"title": {"en": "A better name"}})


async def test_accord_should_change_when_it_is_a_draft(held: Held) -> None:
    draft = an_accord(id=ACCORD + "-2", status="draft")
    await held.add(draft)
    await change(held, draft, {"terms": {"en": "We share half."}})
    await remove(held, draft)


async def test_accord_should_go_forward_only_and_never_away_when_it_was_offered(held: Held) -> None:
    with pytest.raises(RuleBroken, match="draft to offered to ended"):
        await change(held, an_accord(), {"status": "draft"})
    with pytest.raises(RuleBroken, match="cannot be deleted"):
        await remove(held, an_accord())
    with pytest.raises(InvalidRecord, match="endedOn"):
        await change(held, an_accord(), {"status": "ended"})
    await change(held, an_accord(), {"status": "ended", "ended_on": TODAY})
    with pytest.raises(RuleBroken):
        await change(held, an_accord(), {"status": "offered", "ended_on": None})


async def test_accord_should_be_another_when_it_replaces_one(held: Held) -> None:
    with pytest.raises(InvalidRecord, match="another accord"):
        await held.add(an_accord(id=ACCORD + "-2", previous=ACCORD + "-2"))


# Signatures


async def test_signature_should_be_taken_when_the_party_signs_what_is_there(held: Held) -> None:
    await held.add(signature_of(GRONINGEN, DIGEST, TODAY))
    await create_record(held.store, OF_BUSAN, signature_of(BUSAN, DIGEST, TODAY), now=NOW)


_WRONG: list[tuple[Callable[[], AccordSignature], type[HanzeError], str]] = [
    (lambda: signature_of(GRONINGEN, "b" * 64, TODAY), InvalidRecord, "accord as it is"),
    (lambda: signature_of(UTRECHT, DIGEST, TODAY), InvalidRecord, "party of the accord"),
    (
        lambda: signature_of(GRONINGEN, DIGEST, TODAY, accord=ACCORD + "-unknown"),
        InvalidRecord,
        "that this node knows",
    ),
    (lambda: signature_of(GRONINGEN, DIGEST, date(2026, 11, 24)), InvalidRecord, "day to come"),
    (
        lambda: signature_of(GRONINGEN, DIGEST, TODAY, source_city=UTRECHT),
        InvalidRecord,
        "whose word it is",
    ),
    (
        lambda: signature_of(GRONINGEN, DIGEST, TODAY, source_city=None),
        InvalidRecord,
        "whose word it is",
    ),
]


@pytest.mark.parametrize(("make", "error", "match"), _WRONG, ids=[one[2] for one in _WRONG])
async def test_signature_should_be_refused_when_something_is_wrong(
    held: Held, make: Callable[[], AccordSignature], error: type[HanzeError], match: str
) -> None:
    with pytest.raises(error, match=match):
        await held.add(make())


async def test_signature_should_be_refused_when_there_is_nothing_to_sign(held: Held) -> None:
    draft = an_accord(id=ACCORD + "-2", status="draft")
    empty = an_accord(id=ACCORD + "-3", terms={})
    await held.add(draft, empty)
    for accord, match in ((draft, "is draft"), (empty, "nothing to sign")):
        with pytest.raises(RuleBroken, match=match):
            await held.add(signature_of(GRONINGEN, digest_of(accord), TODAY, accord=accord.id))


async def test_signature_should_be_refused_when_the_accord_ended_before(held: Held) -> None:
    await change(held, an_accord(), {"status": "ended", "ended_on": date(2026, 11, 20)})
    with pytest.raises(RuleBroken, match="is ended"):
        await held.add(signature_of(GRONINGEN, DIGEST, TODAY))
    await held.add(signature_of(GRONINGEN, DIGEST, date(2026, 11, 19)))


async def test_signature_should_be_refused_when_another_organisation_signs(held: Held) -> None:
    with pytest.raises(SpeaksForAnother, match="is a matter of"):
        await create_record(held.store, OF_UTRECHT, signature_of(BUSAN, DIGEST, TODAY), now=NOW)
    await held.add(signature_of(BUSAN, DIGEST, TODAY))
    with pytest.raises(SpeaksForAnother):
        await change(held, signature_of(BUSAN, DIGEST, TODAY), {"withdrawn_on": TODAY}, OF_UTRECHT)


async def test_signature_of_an_organisation_should_be_of_the_place_that_keeps_it(
    held: Held,
) -> None:
    accord = an_accord(id=ACCORD + "-2", parties=(GRONINGEN, COMPANY))
    await held.add(accord)
    signed = signature_of(COMPANY, digest_of(accord), TODAY, accord=accord.id, source_city=BUSAN)
    with pytest.raises(InvalidRecord, match="whose word it is"):
        await held.add(replace(signed, source_city=GRONINGEN))
    await create_record(held.store, OF_BUSAN, signed, now=NOW)


async def test_signature_should_be_of_the_tenant_of_its_city_when_that_has_one(held: Held) -> None:
    await held.store.transact(
        lambda uow: add_member(uow, Member(tenant="utrecht", city=UTRECHT, since=TODAY))
    )
    accord = an_accord(id=ACCORD + "-2", parties=(GRONINGEN, UTRECHT))
    await held.add(accord)
    signed = signature_of(UTRECHT, digest_of(accord), TODAY, accord=accord.id)
    with pytest.raises(SpeaksForAnother):
        await held.add(signed)
    await held.add(signed, tenant="utrecht")


async def test_signature_should_be_withdrawn_and_never_go_or_change(held: Held) -> None:
    signed = signature_of(GRONINGEN, DIGEST, date(2026, 11, 20))
    await held.add(signed)
    with pytest.raises(RuleBroken, match="cannot be deleted"):
        await remove(held, signed)
    for name, value in (("digest", "c" * 64), ("signed_on", TODAY)):
        with pytest.raises(RuleBroken, match="cannot change"):
            await change(held, signed, {name: value})
    for day in (date(2026, 11, 19), date(2026, 11, 24)):
        with pytest.raises(InvalidRecord, match="withdrawnOn"):
            await change(held, signed, {"withdrawn_on": day})
    await change(held, signed, {"withdrawn_on": TODAY})
    with pytest.raises(RuleBroken, match="makes a new signature"):
        await change(held, signed, {"withdrawn_on": None})


async def test_signature_should_be_taken_when_another_node_keeps_the_accord() -> None:
    """What peers tell stands in registers."""
    entity = {
        "id": ACCORD,
        "type": "Accord",
        "title": {"type": "LanguageProperty", "languageMap": {"en": "Smart together"}},
        "kind": {"type": "Property", "value": "memorandum"},
        "parties": {"type": "Relationship", "object": [GRONINGEN, BUSAN]},
        "terms": {
            "type": "LanguageProperty",
            "languageMap": {"en": "We share what we learn.", "nl": "Wij delen wat wij leren."},
        },
        "themes": {"type": "Relationship", "object": ["urn:ngsi-ld:Theme:hanze:mobility"]},
        "status": {"type": "Property", "value": "offered"},
    }
    async with holding(*places()) as held:
        raw = msgspec.json.encode(
            Replica(entity=entity, created_at=NOW, modified_at=NOW, digest="x")
        )
        await held.store.transact(lambda uow: uow.registers.put("replica:peer", ACCORD, raw))
        with pytest.raises(InvalidRecord, match="that this node knows"):
            await held.add(signature_of(BUSAN, DIGEST, TODAY))
        await held.store.transact(lambda uow: uow.registers.put("replicas", "peer", b"{}"))
        await held.add(signature_of(BUSAN, DIGEST, TODAY))


# Cooperations and their steps

COOPERATION = Cooperation(
    id="urn:ngsi-ld:Cooperation:test:one",
    title={"en": "Groningen and Busan"},
    source_city=GRONINGEN,
    party=GRONINGEN,
    partner=BUSAN,
)


def step(name: str, **changes: object) -> CooperationStep:
    return CooperationStep(
        id=f"urn:ngsi-ld:CooperationStep:test:{name}",
        title={"en": name},
        source_city=GRONINGEN,
        cooperation=COOPERATION.id,
        step=name,
        **changes,  # type: ignore[arg-type]  # tests name fields
    )


async def test_cooperation_should_be_refused_when_it_is_not_one_sides_own(held: Held) -> None:
    for changes, match in (
        ({"partner": GRONINGEN}, "another one than the party"),
        ({"source_city": BUSAN}, "whose word it is"),
        ({"until": TODAY}, "must be ended"),
    ):
        with pytest.raises(InvalidRecord, match=match):
            await held.add(replace(COOPERATION, **changes))
    with pytest.raises(SpeaksForAnother):
        await create_record(held.store, OF_BUSAN, COOPERATION, now=NOW)
    await held.add(COOPERATION)
    taken: dict[str, object] = {"party": BUSAN, "partner": GRONINGEN, "source_city": BUSAN}
    with pytest.raises(SpeaksForAnother):
        await change(held, COOPERATION, taken, OF_BUSAN)


@pytest.mark.parametrize(
    ("name", "makes_it_so"),
    [
        ("contacts", {"contact": CONTACT}),
        ("challenges", {"challenges": (DEMAND,)}),
        ("solutions", {"records": (SOLUTION,)}),
        ("agenda", {"progress": {"en": "We planned three pilots."}}),
        ("meetings", {"progress": {"en": "The first pilot runs."}}),
    ],
)
async def test_step_should_be_done_only_when_there_is_what_makes_it_so(
    held: Held, name: str, makes_it_so: dict[str, object]
) -> None:
    await held.add(COOPERATION, step(name, due=TODAY))
    with pytest.raises(RuleBroken, match=f"The step {name} is done when") as caught:
        await change(held, step(name), {"done_on": TODAY})
    assert caught.value.field
    with pytest.raises(InvalidRecord, match="day to come"):
        await change(held, step(name), {"done_on": date(2026, 12, 1), **makes_it_so})
    await change(held, step(name), {"done_on": TODAY, **makes_it_so})


async def test_step_should_stay_the_step_and_the_side_that_it_is(held: Held) -> None:
    await held.add(COOPERATION, step("agenda"))
    with pytest.raises(RuleBroken, match="another step is another record"):
        await change(held, step("agenda"), {"step": "meetings"})
    with pytest.raises(InvalidRecord, match="whose word it is"):
        await change(held, step("agenda"), {"source_city": BUSAN})
    with pytest.raises(SpeaksForAnother):
        await change(held, step("agenda"), {"progress": {"en": "x"}}, OF_BUSAN)


async def test_group_should_be_refused_when_tasks_or_members_are_there_twice(held: Held) -> None:
    group = WorkingGroup(id="urn:ngsi-ld:WorkingGroup:test:one", title={"en": "Group"})
    for tasks in ((GroupTask(key="", title={}),), (GroupTask(key="a", title={}),) * 2):
        with pytest.raises(InvalidRecord, match="one task"):
            await held.add(replace(group, tasks=tasks))
    with pytest.raises(InvalidRecord, match="each once"):
        await held.add(replace(group, members=(GroupMember(party=BUSAN),) * 2))
    await held.add(replace(group, tasks=(GroupTask(key="a", title={}),)))
