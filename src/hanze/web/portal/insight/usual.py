"""Any attribute with numbers beside its usual week."""

from typing import Final

from starlette.responses import Response

from hanze.errors import InvalidInput
from hanze.web.portal.collective.paging import page_asked, pages_to
from hanze.web.portal.history.calendar import local
from hanze.web.portal.insight.curves import (
    DAYS,
    ROWS,
    Asked,
    counts_people,
    days_asked,
    read_curve,
    usual_path,
)
from hanze.web.portal.site import Visit

__all__ = ["show"]

_PERIOD_US: Final = 30 * 60_000_000
_WEEKS: Final = 6
_USUAL: Final = 3.0
_LONGEST: Final = 2_048


async def show(visit: Visit) -> Response:
    """Show an attribute of an entity.

    Raises:
        EvolutionNotFound: Nothing is known of the entity.
        InvalidInput: An id or attribute is missing, or its values are no numbers.
    """
    asked = visit.request.query_params
    entity_id, term = asked.get("id", ""), asked.get("attribute", "")
    for name, text in (("id", entity_id), ("attribute", term)):
        if not 0 < len(text) <= _LONGEST:
            raise InvalidInput("The address names an entity and its attribute", field=name)
    attribute = visit.context.expand_name(term)
    wanted = Asked(
        entity_id,
        attribute,
        _PERIOD_US,
        _WEEKS,
        _USUAL,
        people=counts_people(visit, entity_id, attribute),
    )
    days, page = days_asked(visit), page_asked(asked.get("page", ""))
    reader, _ = await visit.reader()
    curve = await read_curve(visit, reader, wanted, days=days, page=page, strict=True)
    path = usual_path(visit, entity_id, attribute, days)
    return visit.page(
        "insight/usual.html",
        curve=curve,
        at=lambda moment_us: local(moment_us, visit.speaker.formats.zone),
        days=days,
        choices=[(one, usual_path(visit, entity_id, attribute, one)) for one in DAYS],
        page=page,
        pages=pages_to(
            len(curve.periods),
            page,
            lambda number: path + (f"&page={number}" if number else ""),
            ROWS,
        ),
        simulated=curve.simulated,
    )
