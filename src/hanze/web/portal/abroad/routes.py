"""Which pages there are about cooperation across borders."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.abroad import fairs, money, stories, vouchers
from hanze.web.portal.collective.frame import Page, routes_of
from hanze.web.portal.site import Site

__all__ = ["PAGES", "abroad_pages"]

#: Those with a longer path before those that they begin with.
PAGES: Final[Sequence[Page]] = (
    Page("/missions/{id:path}/money", money.show, money.take),
    Page("/vouchers", vouchers.show),
    Page("/vouchers/{id:path}", vouchers.show_one, vouchers.take),
    Page("/fairs", fairs.show),
    Page("/fairs/{id:path}/story", stories.show, stories.take, writers=True),
    Page("/fairs/{id:path}", fairs.show_one),
)


def abroad_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, to stand among the portal's."""
    return routes_of(site, PAGES)
