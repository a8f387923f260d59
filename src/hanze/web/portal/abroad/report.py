"""The report of a mission: what the records say, and what people write before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.records.missions import REPORT_SECTIONS, Mission, ReportSection
from hanze.collaboration.reporting.editing import publish_report, write_section
from hanze.collaboration.reporting.html import report_html
from hanze.collaboration.reporting.model import report_of, reports_of
from hanze.collaboration.reporting.texts import SECTION_TITLES
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt
from hanze.web.portal.collective.refusals import refusal
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Section:
    """A section that can be written: its key, title, and the text in the page's language."""

    key: str
    title: str
    text: str


async def show(desk: Desk) -> Response:
    """Show the report of a mission, and for those who may write what they can add."""
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Write the text of a section, or publish the report."""
    mission_id = str(desk.visit.request.path_params["id"])
    refused, status = await attempt(_written(desk, mission_id, given))
    if refused is not None:
        return _page(desk, given=given, refused=refused, status=status)
    place = f"#{given.text('key')}" if given.text("do") == "write" else ""
    return RedirectResponse(desk.at(_path(mission_id), done="1") + place, 303)


async def _written(desk: Desk, mission_id: str, given: Given) -> None:
    store, now = desk.visit.site.node.store, desk.visit.now
    caller = desk.writer()
    if given.text("do") == "publish":
        on = given.day("on") or desk.today
        await publish_report(store, caller, desk.collective, mission_id, on=on, now=now)
        return
    await write_section(
        store,
        caller,
        desk.collective,
        mission_id,
        key=given.text("key"),
        text={desk.lang: given.text("text")[:_LONGEST]},
        now=now,
    )


def _page(
    desk: Desk, *, given: Given | None = None, refused: Refused = None, status: int = 200
) -> Response:
    mission_id = str(desk.visit.request.path_params["id"])
    held = desk.collective.get(mission_id, Mission)
    report = report_of(desk.collective, mission_id, desk.lang, desk.today)
    own = next(iter(reports_of(desk.collective, mission_id)), None)

    def link(record_id: str) -> str:
        return desk.path(record_id) if desk.collective.find(record_id) is not None else ""

    return desk.page(
        "mission_report.html",
        menu="follow-ups",
        status=status,
        card=desk.card(held),
        mission=desk.at(path_of("missions", mission_id)),
        report=report,
        body=report_html(report, link=link),
        may_change=desk.may_write and held.home is None and (own is None or own.home is None),
        home=held.home,
        there=held.home.url + desk.at(_path(mission_id)) if held.home is not None else "",
        here=desk.at(_path(mission_id)),
        sections=_sections(desk, own.record.sections if own is not None else (), given),
        today=desk.today.isoformat(),
        open_key=given.text("key") if given is not None else "",
        errors=refusal(desk, refused, "MissionReport", {}) if refused is not None else {},
        done=bool(desk.asked("done")),
        downloads=_downloads(desk, mission_id),
    )


def _path(mission_id: str) -> str:
    return path_of("missions", mission_id, "/report")


def _sections(desk: Desk, written: Sequence[ReportSection], given: Given | None) -> list[_Section]:
    """List the sections with what stands in them; what was refused stays where it was typed."""
    texts = {section.key: section.text.get(desk.lang, "") for section in written}
    if given is not None and given.text("do") == "write":
        texts[given.text("key")] = given.text("text")
    return [
        _Section(key, SECTION_TITLES[key][desk.lang], texts.get(key, "")) for key in REPORT_SECTIONS
    ]


def _downloads(desk: Desk, mission_id: str) -> list[tuple[str, str]]:
    path = path_of("missions", mission_id, "/report")[1:]
    return [
        ("PDF", api_address(f"{path}.pdf", language=desk.lang)),
        ("JSON", api_address(path, language=desk.lang)),
        ("JSON-LD", api_address(f"{path}.jsonld")),
    ]
