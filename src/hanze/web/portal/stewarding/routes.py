"""Addresses of the pages about which data are open, and of those on which that is decided."""

from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.areas import Pages, area_routes
from hanze.web.portal.site import Site
from hanze.web.portal.stewarding import agreements, pages

__all__ = ["stewarding_pages"]

_PAGES: Final[Pages] = {
    "datasets": (pages.show_list, None),
    "datasets/{id:path}": (pages.show_dataset, pages.take_dataset),
    "steward": (pages.show_desk, pages.take_desk),
    "agreements/new": (agreements.show_offering, agreements.take_offering),
    "agreements/{id:path}": (agreements.show_agreement, agreements.take_agreement),
}


def stewarding_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, in every language."""
    return area_routes(site, _PAGES)
