"""What people write for a report, and its publication; all else of it comes from the records."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.missions import (
    REPORT_SECTIONS,
    Mission,
    MissionReport,
    ReportSection,
)
from hanze.collaboration.records.record import LANGUAGES
from hanze.collaboration.reporting.model import reports_of
from hanze.collaboration.reporting.texts import TEXTS
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import Conflicting, InvalidInput
from hanze.identity.caller import Caller

__all__ = ["ReportPublished", "UnknownSection", "publish_report", "write_section"]

_PREFIX: Final = "urn:ngsi-ld:"


class UnknownSection(InvalidInput):
    """Reports have no section of this key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"A report has no section {key[:60]}; there are {', '.join(REPORT_SECTIONS)}",
            field="key",
            value=key[:60],
        )


class ReportPublished(Conflicting):
    """A report is published once."""

    def __init__(self, report_id: str, on: date | None) -> None:
        since = f" since {on}" if on is not None else ""
        super().__init__(f"{report_id} is published{since}; its words can still be corrected")
        self.field = "status"
        self.value = "published"


async def write_section(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    *,
    key: str,
    text: Mapping[str, str],
    now: str,
) -> MissionReport:
    """Write the text of a section, in some languages; those that are not given stay.

    Args:
        collective: Up to date.
        key: One of `REPORT_SECTIONS`.
        text: By language; an empty text takes that of its language away.

    Raises:
        UnknownSection: There is no such section.
        RecordNotFound: There is no such mission.
        RecordElsewhere: Another node keeps the mission, and its report.
        HanzeError: A rule is broken.
    """
    if key not in REPORT_SECTIONS:
        raise UnknownSection(key)

    def write(report: MissionReport) -> MissionReport:
        present = {section.key: dict(section.text) for section in report.sections}
        present[key] = {
            language: words.strip()
            for language, words in {**present.get(key, {}), **text}.items()
            if words.strip()
        }
        sections = tuple(
            ReportSection(key=name, text=present[name])
            for name in REPORT_SECTIONS
            if present.get(name)
        )
        return replace(report, sections=sections)

    return await _change(store, caller, collective, mission_id, write, now=now)


async def publish_report(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    *,
    author: str | None = None,
    on: date,
    now: str,
) -> MissionReport:
    """Publish the report of a mission.

    Args:
        collective: Up to date.
        author: Id of who reports; the organiser where nobody is named.
        on: The day.

    Raises:
        ReportPublished: It is published already.
        RecordNotFound: There is no such mission.
        RecordElsewhere: Another node keeps the mission, and its report.
        HanzeError: A rule is broken.
    """

    def publish(report: MissionReport) -> MissionReport:
        if report.status == "published":
            raise ReportPublished(report.id, report.published_on)
        return replace(report, status="published", published_on=on, author=author or report.author)

    return await _change(store, caller, collective, mission_id, publish, now=now)


async def _change(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    change: Callable[[MissionReport], MissionReport],
    *,
    now: str,
) -> MissionReport:
    mission = collective.get(mission_id, Mission)
    # Another's report of this mission is theirs; ours is kept with the mission.
    several = reports_of(collective, mission_id)
    own = next((held for held in several if held.home is None), None)
    writer = caller.in_tenant(own.tenant if own is not None else mission.tenant)
    if own is None:
        fresh = change(_new(mission))
        try:
            return await create_record(store, writer, fresh, now=now)
        except EntityAlreadyExists:  # somebody began it a moment ago
            return await change_record(store, writer, fresh.id, MissionReport, change, now=now)
    return await change_record(store, writer, own.record.id, MissionReport, change, now=now)


def _new(mission: Held[Mission]) -> MissionReport:
    """Begin a report: its id follows from the mission's, so that there is one."""
    one = mission.record
    key = one.id.removeprefix(_PREFIX).partition(":")[2]
    kind = TEXTS["kind"]
    return MissionReport(
        id=f"{_PREFIX}MissionReport:{key}",
        title={
            language: f"{kind[language]}: {one.title[language]}"
            for language in LANGUAGES
            if one.title.get(language)
        }
        or dict(one.title),
        source_city=one.source_city,
        themes=one.themes,
        provenance="entered",
        mission=one.id,
        author=one.organiser,
    )
