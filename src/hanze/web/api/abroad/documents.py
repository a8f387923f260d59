"""Files that belong to records, by the hash of their bytes."""

from hanze.web.api.frame import ApiRoute

__all__ = ["ROUTES"]

ROUTES: tuple[ApiRoute, ...] = ()
