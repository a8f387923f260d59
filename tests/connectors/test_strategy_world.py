"""The demo's collective: valid, whole, in three languages, and honest about what is made up."""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from hanze.broker.provision import create_entity, delete_entity, merge_entity
from hanze.collaboration.collective import Collective
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.districts import districts, voices
from hanze.collaboration.members import members
from hanze.collaboration.pilots import verify_pilot
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.records.entities import attributes_of, write_record
from hanze.collaboration.records.fields import Shape, camel, fields_of
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.collaboration.records.needs import Demand, DemandBundle
from hanze.collaboration.records.offers import Solution, Standard
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import (
    STAGES,
    STUCK_REASONS,
    PilotRecord,
    Project,
    Replication,
)
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.records.residents import (
    CHANNELS,
    CONTRIBUTION_STATUSES,
    CONTRIBUTOR_KINDS,
    Contribution,
)
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.collaboration.vocabulary.concept import THEMES, load_vocabulary
from hanze.connectors import simulation, strategy
from hanze.connectors.simulation import names
from hanze.connectors.simulation.city import build_city
from hanze.connectors.strategy.decode import Document, World, WorldDamaged, decode
from hanze.connectors.strategy.source import read_files, read_world
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.model import Fragment
from hanze.ngsild.vocabulary import HANZE
from hanze.node.signing import SigningKeys
from hanze.store.store import Store

TODAY = date(2026, 11, 22)
NOW = "2026-11-22T10:00:00Z"
LATER = "2026-11-23T10:00:00Z"
EDITOR = Caller(actor="policy-officer", roles=frozenset({"reader", "writer"}))
WORLD = read_world(TODAY)
RECORDS = [placed.record for placed in WORLD.records]
STRATEGY = [record for record in RECORDS if record.provenance == "strategy"]
SIMULATED = [record for record in RECORDS if record.provenance == "simulated"]

#: The projects that the strategy names, and their cities.
NAMED = {
    "lomboxnet": "GM0344",
    "hubs-scheveningen": "GM0518",
    "de-escalate": "GM0772",
    "light-grid": "GM0772",
    "woonconnect": "GM0772",
    "brainport-smart-district": "GM0794",
    "citizen-sensors-nijmegen": "GM0268",
    "stadjerspas": "GM0014",
    "city-platform-utrecht": "GM0344",
    "rdm": "GM0599",
    "drone-test-site": "GM0153",
    "cyber-test-bed": "GM0518",
    "circular-building-duiven": "GM0226",
    "bicycle-bell": "GM0796",
}
#: What structures leave out when they are written.
DEFAULTS = (0, 1, "", False, "unknown")
#: What a fact of the strategy would have to prove, and therefore does not say.
UNKNOWN = ("budget", "trl", "started_on", "ended_on", "business_case", "evaluation")


@dataclass
class Host:
    """A store, and what a node has around it."""

    store: Store
    now: str = NOW
    collective: Collective = field(init=False)
    signer: SigningKeys = field(init=False)

    def __post_init__(self) -> None:
        tenants = lambda: ("", *(member.tenant for member in members(self.store.registers)))  # noqa: E731  # as in node.py
        self.collective = Collective(self.store, tenants)
        self.signer = SigningKeys(None, issuer="test", clock=self.clock)

    @property
    def clock(self) -> Callable[[], str]:
        return lambda: self.now


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    store = await Store.open(None, rules=CollectiveRules())
    yield Host(store)
    await store.close()


def _of(kind: type[Record]) -> list[Record]:
    return [record for record in RECORDS if type(record) is kind]


def _references(value: object) -> Iterator[str]:
    """Every id in a record, in structures too."""
    if isinstance(value, Mapping):
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _references(member)
    elif isinstance(value, str) and value.startswith("urn:ngsi-ld:"):
        yield value


async def test_seed_should_put_every_record_into_a_node_that_keeps_the_rules(host: Host) -> None:
    await strategy.seed(host)
    collective = await host.collective.refresh(NOW)
    assert len(collective) == len(RECORDS)
    assert not collective.unreadable


def test_references_should_all_lead_to_a_record_or_a_district() -> None:
    known = {record.id for record in RECORDS} | {one.id for one in WORLD.districts}
    known |= {f"urn:ngsi-ld:District:aldermonde:{key}" for key in names.DISTRICTS}
    missing = {
        reference
        for record in RECORDS
        for reference in _references(msgspec.to_builtins(record))
        if reference not in known
    }
    assert not missing


def test_references_should_be_of_the_types_that_their_field_asks_for() -> None:
    for record in RECORDS:
        for one in fields_of(type(record)):
            value = getattr(record, one.name)
            if one.shape is not Shape.REFERENCE or value is None:
                continue
            for target in value if isinstance(value, tuple) else (value,):
                assert target.split(":")[2] in one.targets, (record.id, one.name)


def test_titles_should_be_in_three_languages() -> None:
    assert [record.id for record in RECORDS if set(record.title) != {"nl", "en", "ko"}] == []


def test_outcomes_and_reasons_should_be_in_three_languages_where_the_public_reads_them() -> None:
    labels = {
        "urn:" + record.id.split(":", 2)[2] + "." + name: label
        for record in RECORDS
        for name in ("description", "outcome", "stage_reason", "reasons", "practice")
        if isinstance(label := getattr(record, name, None), Mapping)
        and label
        and not (name == "description" and isinstance(record, Contribution))
    }
    assert [name for name, label in labels.items() if set(label) != {"nl", "en", "ko"}] == []


def test_korean_texts_should_be_written_in_hangul() -> None:
    brands = {"Hanze"}
    for record in RECORDS:
        text = record.title["ko"]
        hangul = any("가" <= letter <= "힣" for letter in text)
        assert hangul or text in brands, record.id


def test_every_named_project_should_be_there_and_say_that_it_is_from_the_strategy() -> None:
    found = {record.id.rsplit(":", 1)[1]: record for record in STRATEGY if type(record) is Project}
    assert {key: record.source_city for key, record in found.items()} == {
        key: f"urn:ngsi-ld:Municipality:NL:{code}" for key, code in NAMED.items()
    }
    for record in found.values():
        assert record.source_date == date(2017, 1, 25)
        assert record.id.startswith("urn:ngsi-ld:Project:strategy:")
        assert record.themes
        assert not record.simulated


def test_strategy_records_should_leave_out_what_is_not_known() -> None:
    for record in STRATEGY:
        assert not record.simulated
        if isinstance(record, Project):
            assert {name for name in UNKNOWN if getattr(record, name)} == set(), record.id


def test_public_records_should_name_nothing_that_is_made_up() -> None:
    # The areas themselves are the strategy's; who does what in them is not.
    made_up = {record.id for record in SIMULATED if not isinstance(record, Theme)}
    for record in RECORDS:
        if not record.simulated:
            named = set(_references(msgspec.to_builtins(record)))
            assert not named & made_up, record.id


def test_simulated_records_should_say_so_and_under_which_licence() -> None:
    assert {bool(record.simulated) for record in SIMULATED} == {True}
    assert all(record.provenance == "simulated" for record in RECORDS if record.simulated)
    for record in SIMULATED:
        assert record.data_provider == "Hanze, simulated"
        assert record.license
        assert record.source_date is not None
        assert record.source_date < TODAY


def test_every_stage_and_every_reason_to_be_stuck_should_occur() -> None:
    projects = [record for record in _of(Project) if isinstance(record, Project)]
    assert {project.stage for project in projects} == set(STAGES)
    assert {reason for one in projects for reason in one.stuck_reasons} == set(STUCK_REASONS)
    stopped = [project for project in projects if project.stage == "stopped"]
    assert len(stopped) >= 3
    assert all(any(lesson.failure for lesson in one.lessons) for one in stopped)


def test_there_should_be_enough_to_look_at() -> None:
    counts = Counter(type(record).__name__ for record in RECORDS)
    least = {"Demand": 30, "Solution": 30, "Contribution": 40, "LivingLab": 5, "Replication": 6}
    assert {name: counts[name] for name in least if counts[name] < least[name]} == {}


def test_demands_should_be_written_in_each_language_and_some_in_one_only() -> None:
    demands = [record for record in _of(Demand) if isinstance(record, Demand)]
    written = Counter(language for demand in demands for language in demand.problem)
    assert min(written[language] for language in ("nl", "en", "ko")) >= 8
    alone = {next(iter(one.problem)) for one in demands if len(one.problem) == 1}
    assert alone == {"nl", "en", "ko"}


def test_contributions_should_come_from_everyone_over_every_channel() -> None:
    found = [record for record in _of(Contribution) if isinstance(record, Contribution)]
    assert {one.contributor_kind for one in found} == set(CONTRIBUTOR_KINDS)
    assert {one.channel for one in found} == set(CHANNELS)
    assert {one.status for one in found} == set(CONTRIBUTION_STATUSES)
    assert {one.age_group for one in found} >= {"child", "young", "adult", "older"}
    assert all(one.entered_by for one in found if one.channel in ("counter", "telephone", "paper"))


def test_themes_should_be_the_vocabularys_with_a_lead_a_chair_and_a_desk() -> None:
    vocabulary = load_vocabulary()
    themes = [record for record in _of(Theme) if isinstance(record, Theme)]
    assert {theme.notation for theme in themes} <= set(vocabulary.concepts)
    top = [theme for theme in themes if theme.broader is None]
    assert sorted(theme.notation or "" for theme in top) == sorted(THEMES)
    for theme in top:
        assert theme.id == f"urn:ngsi-ld:Theme:hanze:{theme.notation}"
        assert len(theme.lead_cities) == 2
        assert len(theme.chairs) == 3
        assert theme.sdg
        assert theme.ministry
        assert theme.ministry_contact


def test_concepts_that_records_name_should_be_in_the_vocabulary() -> None:
    known = set(load_vocabulary().concepts)
    assert {concept for record in RECORDS for concept in record.concepts} <= known


def test_municipalities_should_be_as_the_registers_have_them(shared_data: Path) -> None:
    folder = shared_data / "collective"
    with (folder / "nl" / "municipalities_nl_2019_2020.csv").open(encoding="utf-8") as file:
        dutch = {row["gm_code"]: row["population"] for row in csv.DictReader(file)}
    with (folder / "kr" / "korea_sido_sigungu_2010.csv").open(encoding="utf-8") as file:
        korean = {row["kostat_code"]: row["population_2010"] for row in csv.DictReader(file)}
    for record in _of(Municipality):
        assert isinstance(record, Municipality)
        if record.simulated:
            continue
        listed = dutch.get(record.cbs_code or "") or korean.get(record.kostat_code or "")
        assert record.population == (int(listed) if listed else None), record.id


def test_sejong_should_have_no_population_that_is_made_up() -> None:
    sejong = next(one for one in _of(Municipality) if one.id == "urn:ngsi-ld:Municipality:KR:29")
    assert isinstance(sejong, Municipality)
    assert sejong.population is None


def test_aldermonde_should_have_as_many_residents_as_its_city() -> None:
    city = next(one for one in build_city(1356).still if one["type"] == "City")
    aldermonde = next(one for one in _of(Municipality) if one.id.endswith(":aldermonde"))
    assert isinstance(aldermonde, Municipality)
    assert city["population"] == {"type": "Property", "value": aldermonde.population}


def test_small_and_korean_cities_should_keep_their_records_in_their_tenants() -> None:
    assert {member.tenant for member in WORLD.members} == {"duiven", "sejong"}
    cities = {member.city: member.tenant for member in WORLD.members}
    for placed in WORLD.records:
        if not isinstance(placed.record, Municipality):
            assert placed.tenant == cities.get(placed.record.source_city or "", "")
    tenants = Counter(placed.tenant for placed in WORLD.records)
    assert min(tenants.values()) >= 8


def test_standards_should_be_facts_and_not_made_up() -> None:
    assert {record.provenance for record in _of(Standard)} == {"entered"}


async def test_seed_should_change_nothing_when_it_runs_again(host: Host) -> None:
    await strategy.seed(host)
    before = (await host.collective.refresh(NOW)).version
    host.now = LATER
    await strategy.seed(host)
    assert (await host.collective.refresh(LATER)).version == before


async def test_seed_should_leave_what_people_changed_and_deleted(host: Host) -> None:
    await strategy.seed(host)
    changed = next(one for one in _of(Demand) if one.id.endswith(":orphaned-bicycles"))
    gone = next(one for one in _of(Demand) if one.id.endswith(":wood-smoke"))
    other = msgspec.structs.replace(changed, title={"nl": "Anders"})
    fragment = Fragment(attributes=attributes_of(other, ("title",)))
    await host.store.transact(
        lambda uow: merge_entity(uow, EDITOR, changed.id, fragment, now=LATER)
    )
    await host.store.transact(lambda uow: delete_entity(uow, EDITOR, gone.id, now=LATER))
    host.now = LATER
    await strategy.seed(host)
    collective = await host.collective.refresh(LATER)
    assert collective.get(changed.id, Demand).record.title["nl"] == "Anders"
    assert collective.find(gone.id) is None


async def test_seed_should_complete_a_world_that_broke_off_half_way(host: Host) -> None:
    first = RECORDS[0]
    entity = write_record(msgspec.structs.replace(first, title={"nl": "Mijn land"}))
    await host.store.transact(
        lambda uow: create_entity(uow, EDITOR, entity, context=HANZE, now=NOW)
    )
    await strategy.seed(host)
    collective = await host.collective.refresh(NOW)
    assert len(collective) == len(RECORDS)
    held = collective.find(first.id)
    assert held is not None
    assert held.record.title == {"nl": "Mijn land"}


async def test_seed_should_show_which_districts_are_silent(host: Host) -> None:
    await simulation.seed(host)
    await strategy.seed(host)
    collective = await host.collective.refresh(NOW)
    found = await districts(host.store, ANONYMOUS, ("",), now=NOW)
    for city in ("NL:GM0344", "hanze:aldermonde"):
        of_city = [one for one in found if one.city == f"urn:ngsi-ld:Municipality:{city}"]
        heard = voices(collective, of_city, since=TODAY - timedelta(days=365), today=TODAY)
        states = Counter(voice.state for voice in heard)
        assert states["silent"] >= 4
        assert len(heard) > states["silent"]
        assert any(voice.updates for voice in heard if voice.state == "silent")


async def test_seed_should_have_hosts_sign_pilots_that_anyone_can_verify(host: Host) -> None:
    await strategy.seed(host)
    collective = await host.collective.refresh(NOW)
    pilots = [held.record for held in collective.of(PilotRecord)]
    signed = [pilot for pilot in pilots if pilot.signature]
    assert 0 < len(signed) < len(pilots)
    for pilot in signed:
        assert verify_pilot(pilot, host.store.registers, host.signer)[0].valid


def test_bundles_replications_and_solutions_should_cross_borders() -> None:
    country = {one.id: one.id.split(":")[3] for one in _of(Municipality)}
    demands = {one.id: country[one.source_city or ""] for one in _of(Demand)}
    bundles = [one for one in _of(DemandBundle) if isinstance(one, DemandBundle)]
    assert any({demands[one] for one in bundle.demands} == {"NL", "KR"} for bundle in bundles)
    projects = {one.id: country[one.source_city or ""] for one in _of(Project)}
    moves = {
        (projects[one.project], country[one.city])
        for one in _of(Replication)
        if isinstance(one, Replication)
    }
    assert {("NL", "KR"), ("KR", "NL")} <= moves
    written = Counter(
        language
        for one in _of(Solution)
        if isinstance(one, Solution)
        for language in one.what_it_does
    )
    assert min(written["nl"], written["ko"]) >= 20


def _lost(written: object, read: object, path: str) -> Iterator[str]:
    """Members that stand in a file and not in the record; structures leave out their defaults."""
    if isinstance(written, Mapping):
        assert isinstance(read, Mapping), path
        for name, value in written.items():
            term = camel(name)
            if term in read:
                yield from _lost(value, read[term], f"{path}.{name}")
            elif value not in DEFAULTS:
                yield f"{path}.{name}"
    elif isinstance(written, list):
        assert isinstance(read, list | tuple), path
        for one, other in zip(written, read, strict=True):
            yield from _lost(one, other, path)


def test_every_word_of_the_files_should_arrive() -> None:
    records = {record.id.rsplit(":", 1)[1]: record for record in RECORDS if "urn" in record.id}
    lost = [
        name
        for document in read_files().values()
        for kind, tables in document.items()
        if kind in RECORD_TYPES
        for table in cast("list[dict[str, object]]", tables)
        if "id" not in table
        for field_name, value in table.items()
        if field_name not in ("key", "space")
        for name in _lost(
            value,
            msgspec.to_builtins(getattr(records[str(table["key"])], field_name)),
            f"{table['key']}.{field_name}",
        )
    ]
    assert lost == []


def _document(**tables: object) -> Mapping[str, Document]:
    return {"one.toml": cast("Document", tables)}


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({"Demnad": [{}]}, "no type"),
        ({"Demand": [{"title": {"nl": "x"}, "problem": {"nl": "x"}}]}, "key"),
        ({"Country": [{"key": "x", "title": {"nl": "x"}}] * 2}, "twice"),
        ({"Country": [{"key": "x", "title": {"nl": "x"}}]}, "isoCode|iso_code"),
        ({"Country": [{"key": "x", "isoCode": "NL"}]}, "no field isoCode"),
        (
            {"Standard": [{"key": "x", "title": {"nl": "x"}, "identifier": "x", "themes": ["y"]}]},
            "names y",
        ),
    ],
)
def test_decode_should_refuse_files_that_are_damaged(
    tables: Mapping[str, object], reason: str
) -> None:
    with pytest.raises(WorldDamaged, match=reason):
        decode(_document(**tables), TODAY)


def test_decode_should_count_relative_days_from_the_day_on_which_the_world_is_made() -> None:
    tables = {
        "defaults": {"provenance": "simulated", "simulated": True},
        "Demand": [
            {"key": "x", "title": {"nl": "x"}, "problem": {"nl": "x"}, "deadline": "+10d"},
        ],
    }
    world: World = decode(_document(**tables), TODAY)
    demand = world.records[0].record
    assert isinstance(demand, Demand)
    assert demand.id == "urn:ngsi-ld:Demand:demo:x"
    assert demand.deadline == date(2026, 12, 2)
    assert demand.source_date == date(2026, 11, 21)


def test_decode_should_write_a_time_of_a_relative_day_as_text() -> None:
    slot = {"key": "s1", "starts": "+10dT09:30", "ends": "+10dT10:00"}
    day = {"key": "x", "title": {"nl": "x"}, "organiser": "urn:ngsi-ld:Country:NL", "on": "+10d"}
    tables = {"MatchmakingDay": [{**day, "timezone": "Asia/Seoul", "slots": [slot]}]}
    (placed,) = decode(_document(**tables), TODAY).records
    assert isinstance(placed.record, MatchmakingDay)
    assert placed.record.slots[0].starts == "2026-12-02T09:30"


def test_signatures_of_accords_should_be_of_what_the_accord_says() -> None:
    accords = {one.id: one for one in _of(Accord) if isinstance(one, Accord)}
    signatures = [one for one in _of(AccordSignature) if isinstance(one, AccordSignature)]
    assert signatures
    assert all(one.digest == digest_of(accords[one.accord]) for one in signatures)
