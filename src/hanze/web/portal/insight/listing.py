"""What is watched, and what each watch says now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from hanze.errors import HanzeError
from hanze.insight.assessment import Verdict
from hanze.insight.service import Seen
from hanze.insight.watches import Watch, watches
from hanze.web.portal.collective.paging import page_asked, pages_to
from hanze.web.portal.history.calendar import local
from hanze.web.portal.insight.found import Alert, alert_of
from hanze.web.portal.reading import Reader
from hanze.web.portal.site import Visit
from hanze.web.portal.values import is_simulated, title_of

__all__ = ["MemberRow", "Row", "is_made_up", "members_of", "show", "watch_path"]

#: Each is looked at anew when the page is asked for.
_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class MemberRow:
    """An attribute that is watched: its name, and that of its entity."""

    label: str
    entity: str


@dataclass(frozen=True, slots=True)
class Row:
    """A watch, and what it says now.

    Attributes:
        path: Of its page.
        verdict: "unknown" where it cannot look.
        since: Since when the same is said; `None` where it is not known.
        alert: The alert that is open.
        reasons: In the page's language.
        problem: Why it cannot look, for programmers.
    """

    watch: Watch
    title: str
    path: str
    members: list[MemberRow]
    verdict: Verdict
    since: datetime | None
    alert: Alert | None
    reasons: str
    problem: str = ""


async def show(visit: Visit) -> Response:
    """List watches: those with an open alert first."""
    asked = visit.request.query_params
    text, only = asked.get("text", "").strip()[:200], asked.get("alert") == "open"
    node = visit.site.node
    everything = [one for one in watches(node.store.registers) if one.tenant == visit.caller.tenant]
    alerts = node.insight.alerts()
    chosen = [one for one in everything if _matches(one, text) and (not only or one.name in alerts)]
    chosen.sort(key=lambda one: one.name not in alerts)
    page = page_asked(asked.get("page", ""))
    shown = chosen[(page - 1) * _PAGE : page * _PAGE]
    reader, _ = await visit.reader()
    return visit.page(
        "insight/list.html",
        rows=[await _row(visit, reader, one, alerts) for one in shown],
        total=len(everything),
        found=len(chosen),
        text=text,
        only=only,
        page=page,
        pages=pages_to(
            len(chosen), page, lambda number: _path(visit, text, only=only, page=number), _PAGE
        ),
        did=asked.get("did", ""),
        simulated=any(is_made_up(reader, one) for one in shown),
    )


def watch_path(visit: Visit, watch: Watch) -> str:
    return f"/{visit.language.code}/insight/watches/{watch.name}"


def members_of(visit: Visit, reader: Reader, watch: Watch) -> list[MemberRow]:
    """Name what is watched."""
    found = []
    for member in watch.members:
        entity = reader.entity(member.entity)
        title = member.entity if entity is None else title_of(entity, visit.language)
        found.append(MemberRow(visit.language.words("attribute", member.attribute), title))
    return found


def is_made_up(reader: Reader, watch: Watch) -> bool:
    """Tell whether something that is watched says of itself that it is simulated."""
    entities = (reader.entity(member.entity) for member in watch.members)
    return any(is_simulated(entity) for entity in entities if entity is not None)


async def _row(visit: Visit, reader: Reader, watch: Watch, alerts: Mapping[str, str]) -> Row:
    seen: Seen | None = None
    problem = ""
    try:
        seen = await visit.site.node.insight.see(watch, visit.now)
    except HanzeError as error:
        problem = str(error)
    entity = reader.entity(alerts[watch.name]) if watch.name in alerts else None
    alert = None if entity is None else alert_of(visit, entity)
    since = None if seen is None else local(seen.since_us, visit.speaker.formats.zone)
    return Row(
        watch=watch,
        title=watch.title or watch.name,
        path=watch_path(visit, watch),
        members=members_of(visit, reader, watch),
        verdict=Verdict.UNKNOWN if seen is None else seen.verdict,
        since=since,
        alert=alert,
        reasons="" if seen is None else seen.reasons[visit.language.code],
        problem=problem,
    )


def _matches(watch: Watch, text: str) -> bool:
    parts = (watch.name, watch.title, *(member.entity for member in watch.members))
    return any(text.casefold() in part.casefold() for part in parts)


def _path(visit: Visit, text: str, *, only: bool, page: str) -> str:
    wanted = {"text": text, "alert": "open" if only else "", "page": page}
    query = urlencode({name: one for name, one in wanted.items() if one})
    return f"/{visit.language.code}/insight" + (f"?{query}" if query else "")
