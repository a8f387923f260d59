"""Addresses of the pages about projects, assessments and hard cases."""

from typing import Final

from starlette.routing import BaseRoute

from hanze.web.portal.areas import Pages, area_routes
from hanze.web.portal.projects import answering, assessing, cases, pages
from hanze.web.portal.site import Site

__all__ = ["project_pages"]

_PAGES: Final[Pages] = {
    "projects": (pages.show_list, pages.take_list),
    "projects/{id}": (pages.show_project, pages.take_project),
    "assessments/{id}": (assessing.show, assessing.take),
    "assessments/{id}/{section}": (answering.show, answering.take),
    "cases": (cases.show_list, cases.take_list),
    "cases/{id}": (cases.show_case, cases.take_case),
}


def project_pages(site: Site) -> list[BaseRoute]:
    """Give the routes, in every language."""
    return area_routes(site, _PAGES)
