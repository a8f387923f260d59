"""Which pages the collective has."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.collective import landing
from hanze.web.portal.collective.frame import Page, routes_of
from hanze.web.portal.site import Site

__all__ = ["PAGES", "collective_pages"]

#: Those with a longer path before those that they begin with.
PAGES: Final[Sequence[Page]] = (Page("", landing.show),)


def collective_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, to stand among the portal's."""
    return routes_of(site, PAGES)
