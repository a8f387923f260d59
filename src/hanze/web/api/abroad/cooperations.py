"""The steps of cooperations with partners abroad."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
