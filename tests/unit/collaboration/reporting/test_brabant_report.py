"""The visit of North Brabant of March 2025, as the demo has it: its report has the public figures."""

from hanze.collaboration.records.record import LANGUAGES, Record
from hanze.collaboration.reporting.document import Report, Table
from hanze.collaboration.reporting.model import report_of
from hanze.connectors.strategy.source import read_world
from tests.collectives import collective_of
from tests.journeys import TODAY

_MISSION = "urn:ngsi-ld:Mission:public:brabant-2025"
_EURO = "€\N{NO-BREAK SPACE}"


def _records() -> list[Record]:
    """What the report rests on: the province's own records, and the places and themes they name."""
    kinds = ("Country", "Region", "Theme", "Event", "Organization")
    return [
        placed.record
        for placed in read_world(TODAY).records
        if "brabant" in placed.record.id or placed.record.id.split(":")[2] in kinds
    ]


async def _reports() -> dict[str, Report]:
    async with collective_of(*_records()) as collective:
        return {
            language: report_of(collective, _MISSION, language, TODAY) for language in LANGUAGES
        }


async def test_report_of_brabant_should_have_the_figures_that_the_province_published() -> None:
    reports = await _reports()
    for language, words in _WORDS.items():
        _check_visits(reports[language], words)
    report = reports["nl"]
    facts = {label: one.text for label, one in report.facts}
    assert facts["Wanneer"] == "maart 2025"
    assert facts["Dossiernummer"] == "C2350630/6066843"
    costs = next(one for one in report.sections if one.key == "costs")
    (table,) = (block for block in costs.blocks if isinstance(block, Table))
    assert [[cell.text for cell in row[1:]] for row in table.rows] == [
        ["1", f"{_EURO}8.763,00", f"{_EURO}8.330,00", f"{_EURO}433,00"],
        ["2", f"{_EURO}10.344,00", f"{_EURO}9.486,54", f"{_EURO}857,46"],
        ["3", f"{_EURO}19.107,00", f"{_EURO}17.816,54", f"{_EURO}1.290,46"],
    ]
    texts = [one.text for section in report.sections for one in section.phrases()]
    assert f"Alles samen {_EURO}1.290,46 onder het budget." in texts
    agreed = [text for text in texts if "op papier getekend in oktober 2024" in text]
    assert len(agreed) == 1
    assert report.simulated == ""


_WORDS = {
    "en": ("InterBattery", "K-City", "ASML Korea", "Women in Tech", "governor of Gyeonggi"),
    "ko": ("인터배터리", "케이시티", "고등기술연구원", "경기도지사", "브라반트 이노베이션 데이"),
}


def _check_visits(report: Report, words: tuple[str, ...]) -> None:
    phrases = [one for section in report.sections for one in section.phrases() if one.text]
    said = " ".join(one.text for one in phrases)
    assert all(word in said for word in words)
    assert {one.language for one in phrases} == {report.language}
    follow_ups = next(one for one in report.sections if one.key == "follow-ups")
    (table,) = (block for block in follow_ups.blocks if isinstance(block, Table))
    assert len(table.rows) == 4
