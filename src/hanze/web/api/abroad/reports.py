"""Reports of missions: JSON, JSON-LD and PDF."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
