"""What to tell a Context Source, from JSON (CIM 009, 4.3.6.5, 4.3.6.6, 5.2.22)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.uri import is_uri

__all__ = ["FROM_REQUEST", "HIDDEN", "parse_source_info"]

#: Stands for what the request itself says under the same key (4.3.6.5).
FROM_REQUEST: Final = "urn:ngsi-ld:request"

#: Stands where a value is kept from the reader of a registration.
HIDDEN: Final = "urn:hanze:hidden"

_PAIR: Final = "5.2.22"
_SPECIAL: Final = "4.3.6.6"
_MOST: Final = 100
_LONGEST: Final = 8192
#: Keys become names of headers (RFC 9110, 5.1).
_KEY: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}", re.ASCII)
_VERSION: Final = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)
_MEDIA: Final = frozenset({"application/json", "application/ld+json"})


def parse_source_info(members: Members) -> tuple[tuple[str, str], ...]:
    """Read `contextSourceInfo`, keys with values in their order.

    Raises:
        InvalidInput: It is no array of pairs, a value cannot go into a header, or a key with a
            meaning of its own has a value that it cannot have.
    """
    if not members.has("contextSourceInfo"):
        return ()
    items = members.member("contextSourceInfo")
    if not isinstance(items, list | tuple) or len(items) > _MOST:
        members.fail("contextSourceInfo", f"must be an array of at most {_MOST} pairs")
    return tuple(
        _pair(Members(item, f"contextSourceInfo[{number}]", _PAIR))
        for number, item in enumerate(items)
    )


def _pair(own: Members) -> tuple[str, str]:
    key, value = own.member("key"), own.member("value")
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        own.fail("key", "must be a text that can name a header")
    # Values are secrets, so that none is repeated in an answer.
    if not isinstance(value, str) or not _fits(value):
        raise _refusal(
            own, f"must be a text of at most {_LONGEST} signs that a header can hold", _PAIR
        )
    if value == HIDDEN:
        raise _refusal(own, "must be the value itself: it was hidden from who read it", _PAIR)
    if key.lower() == "ngsild-tenant":
        raise _refusal(own, "must not name a tenant: the member tenant is for that", "4.3.6.5")
    check = _CHECKS.get(key.lower() if key.lower() == "accept" else key)
    if check is not None and value != FROM_REQUEST and not check[0](value):
        raise _refusal(own, f"with the key {key} must be {check[1]}", _SPECIAL)
    return key, value


def _refusal(own: Members, what: str, clause: str) -> InvalidInput:
    path = own.path("value")
    return InvalidInput(f"{path} {what}", field=path, clause=clause)


def _fits(value: str) -> bool:
    return len(value) <= _LONGEST and value == value.strip() and value.isprintable()


def _is_url(value: str) -> bool:
    return value.startswith(("http://", "https://")) and is_uri(value)


_CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "accept": (_MEDIA.__contains__, "application/json or application/ld+json"),
    "contentType": (_MEDIA.__contains__, "application/json or application/ld+json"),
    "jsonldContext": (_is_url, "a URL that begins with http:// or https://"),
    "ngsildConformance": (
        lambda value: _VERSION.fullmatch(value) is not None,
        "a version as major.minor",
    ),
}
