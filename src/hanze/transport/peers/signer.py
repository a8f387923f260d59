"""What signs requests to those nodes that know this one."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

__all__ = ["Signer"]


class Signer(Protocol):
    """Adds headers to requests to some endpoints."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str] | Awaitable[Mapping[str, str]]:
        """Give the headers to add; none for an endpoint of strangers.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            url: Whole, with its query, as it is sent.
            headers: That are sent, names in lower case.
            body: `None` where there is none.
        """
        ...
