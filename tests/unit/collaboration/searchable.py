"""A small world of records in three languages, for search, overview and connections."""

from datetime import date
from functools import cache

from hanze.collaboration.collective import Collective
from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution, Standard
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.projects import Lesson, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.search import Search
from hanze.collaboration.vocabulary.concept import Concept, Vocabulary

__all__ = [
    "BIKES",
    "BUSAN",
    "KR",
    "LAMPS",
    "MOBILITY",
    "NL",
    "SHED",
    "STALLING",
    "UTRECHT",
    "WORLD",
    "annotator",
    "searching",
]

NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
BUSAN = "urn:ngsi-ld:Municipality:KR:21"
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
BIKES = "urn:ngsi-ld:Demand:utrecht:bikes"
STALLING = "urn:ngsi-ld:Solution:test:stalling"
SHED = "urn:ngsi-ld:Project:busan:shed"
LAMPS = "urn:ngsi-ld:Project:utrecht:lamps"

WORLD: tuple[Record, ...] = (
    Country(id=NL, title={"nl": "Nederland", "en": "Netherlands"}, iso_code="NL"),
    Country(id=KR, title={"ko": "대한민국", "en": "South Korea"}, iso_code="KR"),
    Region(id="urn:ngsi-ld:Region:NL:PV26", title={"nl": "Provincie Utrecht"}, country=NL),
    Municipality(
        id=UTRECHT,
        title={"nl": "Utrecht", "ko": "위트레흐트"},
        country=NL,
        region="urn:ngsi-ld:Region:NL:PV26",
        cbs_code="GM0344",
    ),
    Municipality(id=BUSAN, title={"ko": "부산", "en": "Busan"}, country=KR, kostat_code="21"),
    Theme(id=MOBILITY, title={"en": "Mobility"}, notation="mobility"),
    Standard(id="urn:ngsi-ld:Standard:test:open", title={"en": "Open Standard"}, identifier="X 1"),
    Demand(
        id=BIKES,
        title={"nl": "Fietsenstalling bij het station"},
        problem={"nl": "Forenzen zoeken een veilige plek voor hun fiets."},
        source_city=UTRECHT,
        themes=(MOBILITY,),
        source_date=date(2026, 3, 1),
        provenance="simulated",
    ),
    Solution(
        id=STALLING,
        title={"en": "Guidance to free bicycle parking"},
        what_it_does={"en": "Sensors tell commuters where there is room."},
        concepts=("bicycle-parking",),
        standards=("urn:ngsi-ld:Standard:test:open",),
    ),
    Project(
        id=SHED,
        title={"ko": "자전거 보관소 안내"},
        description={"ko": "역 앞의 빈 자리를 알려 줍니다."},
        stage="stopped",
        source_city=BUSAN,
        source_date=date(2025, 1, 1),
        lessons=(Lesson(text={"ko": "센서가 추위에 고장 났습니다."}, failure=True),),
    ),
    Project(
        id=LAMPS,
        title={"nl": "Slimme lampen", "en": "Smart lamps"},
        stage="pilot",
        source_city=UTRECHT,
        source_date=date(2026, 1, 1),
    ),
)


@cache
def annotator() -> Annotator:
    """An annotator of a few concepts: quick to make."""
    concepts = (
        ("mobility", None, "mobiliteit", "mobility", "모빌리티"),
        ("cycling", "mobility", "fietsen", "cycling", "자전거"),
        ("bicycle-parking", "cycling", "fietsenstalling", "bicycle parking", "자전거 보관소"),
        ("smart-lighting", None, "slimme verlichting", "smart lighting", "스마트 조명"),
    )
    return Annotator(
        Vocabulary(
            Concept(id=name, broader=above, labels={"nl": (nl,), "en": (en,), "ko": (ko,)})
            for name, above, nl, en, ko in concepts
        )
    )


async def searching(collective: Collective) -> Search:
    """A search whose index is complete."""
    return await Search(annotator).refresh(collective, wait_s=None)
