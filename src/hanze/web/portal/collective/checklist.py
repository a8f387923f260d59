"""Is it smart-city compliant? The procurement checklist of a demand or a bundle."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.procurement import CheckItem, CheckState, checklist
from hanze.collaboration.records.needs import DemandBundle
from hanze.web.portal.collective.choosing import api_address, path_of
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.wording import Said

__all__ = ["show"]

_COLUMNS: Final = ("code", "state", "title", "todo", "evidence", "source")
_STATES: Final = tuple(state.value for state in CheckState)


@dataclass(frozen=True, slots=True)
class _Item:
    """A line of the checklist."""

    state: str
    label: str
    title: Said
    todo: Said
    records: tuple[Link, ...]
    words: tuple[str, ...]
    source: str


async def show(desk: Desk) -> Response:
    """Show the checklist; `format=csv` is it as a file."""
    record_id = desk.visit.request.path_params["id"]
    items = checklist(desk.collective, record_id)
    if desk.asked("format") == "csv":
        return csv_file("checklist", _COLUMNS, (_cells(desk, one) for one in items))
    held = desk.collective.find(record_id)
    if held is None:
        raise RecordNotFound(record_id)
    of_bundle = isinstance(held.record, DemandBundle)
    page = path_of("bundle" if of_bundle else "demand", record_id, "/checklist")
    rows_shown = [
        _Item(
            one.state.value,
            desk.code("check", one.state.value),
            desk.text(one.title),
            desk.text(one.todo),
            tuple(desk.link(id_) for id_ in one.evidence if desk.collective.find(id_)),
            tuple(id_ for id_ in one.evidence if not desk.collective.find(id_)),
            one.source,
        )
        for one in items
    ]
    return desk.page(
        "checklist.html",
        menu="bundles",
        card=desk.card(held),
        of_bundle=of_bundle,
        counts=[
            (state, desk.code("check", state), sum(one.state == state for one in rows_shown))
            for state in _STATES
        ],
        groups=[
            (state, desk.code("check", state), [one for one in rows_shown if one.state == state])
            for state in ("not-met", "unknown", "met")
        ],
        downloads=[
            ("CSV", desk.at(page, format="csv")),
            (
                "JSON",
                api_address(
                    path_of("bundles" if of_bundle else "demands", record_id, "/checklist")[1:]
                ),
            ),
        ],
    )


def _cells(desk: Desk, one: CheckItem) -> tuple[str, ...]:
    title, todo = desk.text(one.title).text, desk.text(one.todo).text
    return one.code, one.state.value, title, todo, " | ".join(one.evidence), one.source
