"""The page of one watch: what it sees, its charts, its alerts, and light that is proposed."""

from datetime import datetime
from urllib.parse import urlencode

from starlette.responses import Response

from hanze.errors import HanzeError
from hanze.insight.service import Seen
from hanze.insight.watches import Watch, WatchNotFound, watch_named
from hanze.web.portal.collective.paging import page_asked, pages_to
from hanze.web.portal.history.calendar import local
from hanze.web.portal.insight.curves import (
    DAYS,
    ROWS,
    Asked,
    Curve,
    days_asked,
    read_curve,
    usual_path,
)
from hanze.web.portal.insight.found import Alert, alerts_of, proposals_of
from hanze.web.portal.insight.listing import watch_path
from hanze.web.portal.reading import Reader
from hanze.web.portal.site import Visit
from hanze.web.portal.values import title_of

__all__ = ["own_watch", "show", "watch_page"]


async def show(visit: Visit) -> Response:
    return await watch_page(visit)


async def watch_page(
    visit: Visit, *, refused: HanzeError | None = None, status: int = 200
) -> Response:
    """Show a watch, with what a form of it was refused for.

    Raises:
        WatchNotFound: There is none of this name.
    """
    watch = own_watch(visit)
    asked = visit.request.query_params
    days, page = days_asked(visit), page_asked(asked.get("page", ""))
    reader, _ = await visit.reader()
    curves = [
        await read_curve(visit, reader, one, days=days, page=page) for one in _asked_of(watch)
    ]
    seen, problem = await _seen(visit, watch)
    path = watch_path(visit, watch)
    alerts = await alerts_of(visit, watch.name)
    return visit.page(
        "insight/watch.html",
        status=status,
        watch=watch,
        title=watch.title or watch.name,
        path=path,
        seen=seen,
        problem=problem,
        since=None if seen is None else _since(visit, seen, alerts),
        at=lambda moment_us: local(moment_us, visit.speaker.formats.zone),
        days=days,
        choices=[(one, _path(path, one)) for one in DAYS],
        curves=curves,
        usual_paths=[
            usual_path(visit, one.asked.entity_id, one.asked.attribute, days) for one in curves
        ],
        page=page,
        pages=_pages(path, curves, days, page),
        alerts=alerts,
        proposals=await proposals_of(visit, watch.name),
        place=_place(visit, reader, watch),
        refused=refused,
        did=asked.get("did", ""),
        simulated=any(one.simulated for one in curves),
    )


def own_watch(visit: Visit) -> Watch:
    """Look up the watch that the address names, among those of the visitor's tenant.

    Raises:
        WatchNotFound: There is no such watch.
    """
    name = str(visit.request.path_params["name"])
    watch = watch_named(visit.site.node.store.registers, name)
    if watch.tenant != visit.caller.tenant:
        raise WatchNotFound(name)
    return watch


async def _seen(visit: Visit, watch: Watch) -> tuple[Seen | None, str]:
    try:
        return await visit.site.node.insight.see(watch, visit.now), ""
    except HanzeError as error:
        return None, str(error)


def _since(visit: Visit, seen: Seen, alerts: list[Alert]) -> datetime:
    """Say since when the same is said: an open alert may know more than the watch looks back."""
    begun = [one.since for one in alerts if one.until is None and one.since is not None]
    return min([local(seen.since_us, visit.speaker.formats.zone), *begun])


def _asked_of(watch: Watch) -> list[Asked]:
    return [
        Asked(
            member.entity,
            member.attribute,
            watch.period_us,
            watch.weeks,
            watch.usual,
            people=member.role == "people",
            role=member.role,
        )
        for member in watch.members
    ]


def _pages(path: str, curves: list[Curve], days: int, page: int) -> list[tuple[int, str]]:
    longest = max((len(one.periods) for one in curves), default=0)
    return pages_to(longest, page, lambda number: _path(path, days, number), ROWS)


def _path(path: str, days: int, page: str = "") -> str:
    wanted = {"days": str(days) if days != DAYS[0] else "", "page": page}
    query = urlencode({name: one for name, one in wanted.items() if one})
    return path + (f"?{query}" if query else "")


def _place(visit: Visit, reader: Reader, watch: Watch) -> tuple[str, str] | None:
    """Name the entity that stands for the place, where a watch has one, and link to it."""
    if not watch.place:
        return None
    entity = reader.entity(watch.place)
    if entity is None:
        return watch.place, ""
    return title_of(entity, visit.language), visit.entity_path(entity.id)
