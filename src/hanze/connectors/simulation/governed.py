"""Who may read what of the demo city: all of it everybody, but the care sensors in people's homes.

These are the municipality's, for home care. Researchers have an agreement; for another purpose, as
to detect fraud, they get nothing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, Protocol

from hanze.broker.batch import upsert_fragments
from hanze.broker.ports import Store
from hanze.connectors.simulation.care import CARE_SENSOR, CLIENT, care_sensors
from hanze.governance.duties import account_of
from hanze.governance.policy import ODRL, permission
from hanze.governance.purposes import purpose_iri
from hanze.governance.records.activity import Activity
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.agreements import Agreements
from hanze.governance.stewarding.classes import Named, Said
from hanze.governance.stewarding.datasets import Datasets
from hanze.identity.caller import Caller
from hanze.identity.roles import OWNER, STEWARD
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.representation.parse import NullPolicy, parse_fragment
from hanze.ngsild.vocabulary import HANZE

__all__ = ["AGREEMENT", "CARE", "classify_open", "govern"]

CARE: Final = "urn:ngsi-ld:Dataset:aldermonde:CareSensor"
AGREEMENT: Final = "urn:ngsi-ld:Agreement:aldermonde:care-research"
_MUNICIPALITY: Final = "urn:ngsi-ld:Municipality:hanze:aldermonde"
_UNIVERSITY: Final = "urn:ngsi-ld:Organization:aldermonde:uni-aldermonde"
_ACTIVITY: Final = "urn:ngsi-ld:ProcessingActivity:aldermonde:"
_CARE_PURPOSE: Final = purpose_iri("sector-health:HomeCareManagement")
_RESEARCH: Final = purpose_iri("sector-health:HealthcareScientificResearch")
_GDPR: Final = "https://w3id.org/dpv/legal/eu/gdpr#"
_HEALTH: Final = "https://w3id.org/dpv/pd#Health"
_SEED: Final = 1356
_WRITER: Final = Caller(actor="simulation", roles=frozenset({"reader", "writer"}))
_STEWARD: Final = Caller(actor="simulation", roles=frozenset({STEWARD}))
_YEAR: Final = timedelta(days=365)
#: Terms of the types that stand in the street: their sensors are in the register of sensors.
_IN_STREET: Final = frozenset(
    [
        "AirQualityObserved",
        "BikeHireDockingStation",
        "EVChargingStation",
        "NoiseLevelObserved",
        "OffStreetParking",
        "Streetlight",
        "TrafficFlowObserved",
        "WasteContainer",
        "WaterLevelObserved",
        "WeatherObserved",
    ]
)
_OUTSIDE: Final = Said(
    access_rights=AccessRights.PUBLIC,
    owner=_MUNICIPALITY,
    purposes=(purpose_iri("dpv:PublicBenefit"),),
    public_space=True,
    contact="sensors@aldermonde.example",
)


class Host(Protocol):
    """What the city's rules need of the node in which it lives."""

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Callable[[], str]: ...
    @property
    def governance(self) -> Governance: ...


async def classify_open(host: Host, types: Iterable[str]) -> None:
    """Open types (terms of Hanze's @context) of which nobody said anything yet."""
    covered = {
        iri
        for one in host.governance.rules.datasets.values()
        if one.tenant in ("", "*")
        for iri in one.types
    }
    named = [
        Named(name, (iri,)) for name in types if (iri := HANZE.expand_name(name)) not in covered
    ]
    outside = [one for one in named if one.name in _IN_STREET]
    inside = [one for one in named if one.name not in _IN_STREET]
    for some, said in ((outside, _OUTSIDE), (inside, Said(access_rights=AccessRights.PUBLIC))):
        if some:
            await Datasets(host.governance).classify(_STEWARD, some, said, now=host.clock())


async def govern(host: Host) -> None:
    """Put the care sensors there, closed, with an agreement, once; and open all other types.

    Raises:
        HanzeError: Something is refused by the node.
    """
    now = host.clock()
    if CARE not in host.governance.rules.datasets:
        dataset = _care(now)
        await Datasets(host.governance).put(_STEWARD, dataset, now=now)
        await _register(host.governance, now)
        await _agree(host.governance, now)
        documents = care_sensors(_SEED, datetime.fromisoformat(now))
        ordered = [(parse_fragment(one, HANZE, NullPolicy.REFUSE), HANZE) for one in documents]
        result = await upsert_fragments(host.store, _WRITER, ordered, now=now)
        for _, error in result.errors:
            raise error
    there = {name for part in host.store.summary("") if part.count for name in part.types}
    # What insight adds later is about the same, and as open.
    names = {"Alert", "LightScenarioProposal", *map(HANZE.compact_name, there)}
    await classify_open(host, sorted(names - {CARE_SENSOR}))


def _care(now: str) -> Dataset:
    return Dataset(
        id=CARE,
        title={
            "nl": "Zorgsensoren thuis (verzonnen)",
            "en": "Care sensors at home (fictional)",
            "ko": "가정 돌봄 센서(가상)",
        },
        description={
            "nl": "Of mensen die alleen wonen bewegen, en hoe vaak zij 's nachts opstaan.",
            "en": "Whether people who live alone move, and how often they get up at night.",
            "ko": "혼자 사는 사람이 움직이는지, 밤에 몇 번 일어나는지를 잽니다.",
        },
        types=(HANZE.expand_name(CARE_SENSOR),),
        access_rights=AccessRights.RESTRICTED,
        owner=_MUNICIPALITY,
        purposes=(_CARE_PURPOSE,),
        legal_basis=f"{_GDPR}A6-1-e",
        non_publication=NonPublication(
            ground="Health data of residents (GDPR, art. 9; Wmo 2015, art. 5.1.1)",
            decided_by="Municipal executive of Aldermonde",
            decided_at=now[:10],
            review_at=_later(now)[:10],
        ),
        personal=True,
        categories=(_HEALTH,),
        special=True,
        subject=HANZE.expand_name(CLIENT),
        retention_days=365,
        activity=f"{_ACTIVITY}home-care",
        contact="privacy@aldermonde.example",
    )


async def _register(governance: Governance, now: str) -> None:
    """Enter what is done with the data in the register of processing activities."""
    care = Activity(
        id=f"{_ACTIVITY}home-care",
        title={"nl": "Zorg aan huis", "en": "Care at home", "ko": "가정 돌봄"},
        organisation=_MUNICIPALITY,
        purposes=(_CARE_PURPOSE,),
        legal_basis=f"{_GDPR}A6-1-e",
        categories=(_HEALTH,),
        special_ground=f"{_GDPR}A9-2-h",
        datasets=(CARE,),
        retention_days=365,
    )
    research = Activity(
        id=f"{_ACTIVITY}care-research",
        title={
            "nl": "Onderzoek naar langer thuis wonen",
            "en": "Research on living at home for longer",
            "ko": "집에서 더 오래 살기 연구",
        },
        organisation=_UNIVERSITY,
        purposes=(_RESEARCH,),
        legal_basis=f"{_GDPR}A6-1-e",
        categories=(_HEALTH,),
        special_ground=f"{_GDPR}A9-2-j",
        datasets=(CARE,),
        retention_days=365,
    )
    both = (care, research)
    account = account_of(_STEWARD, "activity.registered", [one.id for one in both], now=now)
    kept = governance.activities
    await governance.change(*(Change(kept, one) for one in both), account=account)


async def _agree(governance: Governance, now: str) -> None:
    """Let researchers of the university read, for research and for nothing else."""
    duties = (ODRL + "attribute", ODRL + "delete")
    terms = Agreement(
        id=AGREEMENT,
        targets=(CARE,),
        assigner=_MUNICIPALITY,
        assignee=_UNIVERSITY,
        permissions=(permission(_RESEARCH, duties=duties),),
        purposes=(_RESEARCH,),
        valid_from=now,
        valid_until=_later(now),
        created_at=now,
    )
    agreements = Agreements(governance)
    await agreements.offer(_STEWARD, terms, now=now)
    for party in (_MUNICIPALITY, _UNIVERSITY):
        signer = Caller("simulation", party, frozenset({OWNER}))
        await agreements.sign(signer, AGREEMENT, now=now)


def _later(now: str) -> str:
    return format_datetime(parse_datetime(now) + _YEAR // timedelta(microseconds=1))
