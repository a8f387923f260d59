"""The report of a mission, as it is made from records."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.records.missions import (
    Cost,
    Mission,
    MissionReport,
    ReportSection,
    TravelPermission,
)
from hanze.collaboration.records.record import LANGUAGES, Record
from hanze.collaboration.reporting.document import Phrase, Report, Table
from hanze.collaboration.reporting.model import report_of
from hanze.collaboration.reporting.texts import CODES, SECTION_TITLES, TEXTS
from tests.collectives import collective_of
from tests.journeys import (
    ACCORD,
    FIRST,
    JOURNEY,
    PERMISSION,
    REPORT,
    STUDIES,
    TODAY,
    journey,
    travelled,
)


async def _report(
    language: str = "en", records: list[Record] | None = None, mission: str = JOURNEY
) -> Report:
    if records is None:
        return report_of(await travelled(), mission, language, TODAY)
    async with collective_of(*records) as collective:
        return report_of(collective, mission, language, TODAY)


def _texts(report: Report, key: str) -> list[str]:
    section = next(one for one in report.sections if one.key == key)
    return [one.text for one in section.phrases()]


def _tables(report: Report, key: str) -> Iterator[Table]:
    section = next(one for one in report.sections if one.key == key)
    return (block for block in section.blocks if isinstance(block, Table))


def _rows(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


async def test_report_of_should_have_all_sections_when_records_tell_of_them() -> None:
    report = await _report()
    assert [one.key for one in report.sections] == [
        *("goal", "participants", "programme", "visits", "results", "follow-ups", "costs"),
        "conclusion",
    ]
    assert {label: one.text for label, one in report.facts} == {
        "Mission to": "South Korea",
        "Places": "Gyeonggi",
        "When": "4\N{EN DASH}8 March 2025",
        "Organiser": "North Brabant",
        "Delegation": "3 people",
        "Led by": "Member of the executive",
        "Fairs and events": "InterBattery 2025",
        "Agreement": "Agreement 2024",
        "File number": "C2350630/6066843",
    }
    assert (report.status, report.report) == ("draft", REPORT)


async def test_report_of_should_set_costs_against_budget_when_both_are_known() -> None:
    report = await _report()
    (table,) = _tables(report, "costs")
    assert table.caption.text == "Costs against budget, travel permission C2350630/6066843"
    assert _rows(table) == [
        ["Elected officials", "1", "€8,763.00", "€8,330.00", "€433.00"],
        ["Staff", "2", "€10,344.00", "€9,486.54", "€857.46"],
        ["Together", "3", "€19,107.00", "€17,816.54", "€1,290.46"],
    ]
    assert (table.totals, table.numeric) == (1, (1, 2, 3, 4))
    assert "All together €1,290.46 under budget." in _texts(report, "costs")
    assert "Approved on 14 January 2025 by Provincial Executive." in _texts(report, "costs")


async def test_report_of_should_say_by_how_much_when_a_part_went_over_budget() -> None:
    permission = next(one for one in journey() if isinstance(one, TravelPermission))
    more = replace(
        permission,
        costs=(
            Cost(part="staff", amount=Decimal(20_000), currency="EUR"),
            Cost(part="other", amount=Decimal(100_000), currency="KRW"),
        ),
    )
    records = [more if one.id == PERMISSION else one for one in journey()]
    texts = _texts(await _report(records=records), "costs")
    assert "All together €893.00 over budget." in texts
    assert "Staff went €9,656.00 over the budget of that part." in texts
    assert "Not counted, as the rate of the day is missing: ₩100,000." in texts


async def test_report_of_should_show_both_clocks_when_an_item_has_a_time() -> None:
    report = await _report()
    first, second, last = _tables(report, "programme")
    assert first.caption.text == "Wednesday 5 March 2025"
    dash = "\N{EN DASH}"
    assert _rows(first) == [
        ["Meeting with the governor", f"08:00{dash}09:30", f"00:00{dash}01:30", "Gyeonggi"]
    ]
    assert (second.caption.text, last.caption.text) == ("Thursday 6 March 2025", "Day not known")
    assert _rows(last) == [["Women in Tech (proposed)"]]


async def test_report_of_should_name_what_nobody_told_of_when_visits_have_no_outcome() -> None:
    texts = _texts(await _report(), "visits")
    assert "Both go on <together> & soon." in texts
    untold = texts[texts.index("What came of these is not recorded yet:") + 1 :]
    assert untold == ["Visit to the institute, 6 March 2025"]


async def test_report_of_should_track_what_became_when_follow_ups_moved_on() -> None:
    report = await _report()
    own, earlier = _tables(report, "follow-ups")
    assert _rows(own) == [
        [
            "Market studies",
            "Gyeonggi",
            "30 June 2025",
            "Late",
            "1 June 2025: A bureau was asked.",
        ],
        ["Invitation for 2026", "North Brabant", "31 December 2099", "Open", ""],
    ]
    became = "Agreement 2024 (agreement, in force)"
    assert _rows(earlier) == [
        ["Write an agreement", "First visit to Gyeonggi", "Done, 15 October 2024", became]
    ]
    (results,) = _tables(report, "results")
    assert _rows(results) == [
        ["A plan for batteries", "8 March 2025", "Second life of batteries (project, pilot)"]
    ]
    texts = _texts(report, "results")
    assert "Agreement 2024: in force, signed on paper in October 2024." in texts
    assert "Tasks: 1 of 2 done, 1 late." in texts


async def test_report_of_should_put_written_text_first_when_a_person_wrote_some() -> None:
    dutch, korean = await _report("nl"), await _report("ko")
    assert _texts(dutch, "conclusion") == ["Goed.", "Nog eens."]
    section = next(one for one in korean.sections if one.key == "conclusion")
    assert [(one.text, one.language) for one in section.phrases()] == [("Good.", "en")]
    written = MissionReport(
        id=REPORT,
        title={"en": "x"},
        mission=JOURNEY,
        status="published",
        published_on=date(2025, 4, 1),
        sections=(ReportSection(key="costs", text={"en": "Cheaper than thought."}),),
    )
    records = [written if one.id == REPORT else one for one in journey()]
    report = await _report(records=records)
    assert _texts(report, "costs")[0] == "Cheaper than thought."
    assert (report.status, report.status_text) == ("published", "Published on 1 April 2025")


async def test_report_of_should_name_records_when_figures_rest_on_them() -> None:
    report = await _report()
    assert {JOURNEY, PERMISSION, STUDIES, ACCORD, REPORT} <= set(report.records)
    assert list(report.records) == sorted(set(report.records))
    (table,) = _tables(report, "costs")
    assert all(cell.records == (PERMISSION,) for row in table.rows for cell in row)
    assert report.simulated == ""


async def test_report_of_should_leave_sections_out_when_nothing_is_known() -> None:
    report = await _report(mission=FIRST)
    assert [one.key for one in report.sections] == ["follow-ups"]
    assert report.report is None
    with pytest.raises(RecordNotFound):
        await _report(mission="urn:ngsi-ld:Mission:test:none")


async def test_report_of_should_tell_the_month_when_no_days_are_known() -> None:
    mission = next(one for one in journey() if isinstance(one, Mission) and one.id == JOURNEY)
    vague = replace(mission, starts=date(2025, 3, 1), ends=date(2025, 3, 31), days_known=False)
    records = [vague if one.id == JOURNEY else one for one in journey()]
    report = await _report("ko", records)
    assert ("기간", "2025년 3월") in [(label, one.text) for label, one in report.facts]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_report_of_should_speak_one_language_when_records_have_it(language: str) -> None:
    report = await _report(language)
    assert report.kind == TEXTS["kind"][language]
    own = [phrase for section in report.sections for phrase in section.phrases()]
    assert all(isinstance(one, Phrase) for one in own)
    assert "{" not in "".join(one.text for one in own)


def test_texts_should_be_in_all_languages_when_they_are_looked_up() -> None:
    for texts in (TEXTS, CODES, SECTION_TITLES):
        for key, label in texts.items():
            assert set(label) == set(LANGUAGES), key
            assert all(label.values()), key
            fields = {language: label[language].count("{") for language in LANGUAGES}
            assert len(set(fields.values())) == 1, key
