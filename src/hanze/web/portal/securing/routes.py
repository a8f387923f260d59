"""Addresses of the pages about security."""

from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.areas import Pages, area_routes
from hanze.web.portal.securing import incidents, pages
from hanze.web.portal.site import Site

__all__ = ["security_pages"]

_PAGES: Final[Pages] = {
    "security": (pages.show_security, pages.take_security),
    "security/emergency": (pages.show_emergency, pages.take_emergency),
    "security/criticality": (pages.show_criticality, pages.take_criticality),
    "security/incidents": (incidents.show_list, incidents.take_list),
    "security/incidents/{id}": (incidents.show_incident, incidents.take_incident),
}


def security_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, in every language."""
    return area_routes(site, _PAGES)
