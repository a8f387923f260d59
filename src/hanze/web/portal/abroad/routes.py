"""Which pages there are about cooperation across borders."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.collective.frame import Page, routes_of
from hanze.web.portal.site import Site

__all__ = ["PAGES", "abroad_pages"]

#: Those with a longer path before those that they begin with.
PAGES: Final[Sequence[Page]] = ()


def abroad_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, to stand among the portal's."""
    return routes_of(site, PAGES)
