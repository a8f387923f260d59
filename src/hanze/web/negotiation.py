"""What the headers of a request agree on (CIM 009, 6.3.4 to 6.3.6, 6.3.14)."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from hanze.errors import InvalidInput, NotSupported
from hanze.ngsild.terms import JSON_LD_REL

__all__ = [
    "Media",
    "NotAcceptable",
    "Preferences",
    "UnsupportedMedia",
    "accepted_media",
    "content_media",
    "context_link",
    "preferences",
    "refuse_geojson",
    "tenant_name",
]


class Media(Enum):
    """Media types in the order in which they are preferred (6.3.4)."""

    JSON = "application/json"
    LD_JSON = "application/ld+json"
    GEO_JSON = "application/geo+json"

    def __init__(self, text: str) -> None:
        #: As a header of an answer; every answer has one.
        self.header = (b"content-type", text.encode())


_WITHOUT_GEO = (Media.JSON, Media.LD_JSON)
_ALL = (Media.JSON, Media.LD_JSON, Media.GEO_JSON)
_MERGE_PATCH = "application/merge-patch+json"
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w!#$&+\-.^`|~*]+\s*=\s*(?:\"[^\"]*\"|[^\",;\s]+))*)")
_PARAMETER = re.compile(r";\s*([\w*]+)\s*=\s*(?:\"([^\"]*)\"|([^\",;\s]+))")
_TENANT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_WEIGHT = re.compile(r"[01](?:\.[0-9]{0,3})?")  # RFC 9110, 12.4.2
_VERSION = re.compile(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?")


class UnsupportedMedia(NotSupported):
    """The body's Content-Type is none that the operation takes (6.3.4)."""


class NotAcceptable(NotSupported):
    """The Accept header allows none of the representations there are (6.3.4).

    Attributes:
        available: Media types that the resource has.
    """

    def __init__(self, available: tuple[str, ...]) -> None:
        super().__init__("The Accept header allows none of: " + ", ".join(available))
        self.available = available


@dataclass(frozen=True, slots=True)
class Preferences:
    """The Prefer header (RFC 7240), as far as NGSI-LD uses it.

    Attributes:
        version: NGSI-LD version that the answer should conform to, e.g. "1.5" (4.3.6.8).
        context_in_body: Whether GeoJSON carries its @context (6.3.6).
    """

    version: str | None = None
    context_in_body: bool = True


_NO_PREFERENCES = Preferences()


@lru_cache(maxsize=512)
def accepted_media(accept: bytes | None, *, geojson: bool = False) -> Media:
    """Choose the representation: the best by weight, then by the order of 6.3.4.

    Raises:
        NotAcceptable: None fits.
    """
    available = _ALL if geojson else _WITHOUT_GEO
    if accept is None or not accept.strip():
        return Media.JSON
    ranges = [_media_range(part) for part in accept.decode("latin-1").split(",") if part.strip()]
    weighed = [(_weight(media, ranges), media) for media in available]
    best = max(weight for weight, _ in weighed)
    if best <= 0:
        raise NotAcceptable(tuple(media.value for media in available))
    return next(media for weight, media in weighed if weight == best)


def refuse_geojson(accept: bytes | None) -> None:
    """Refuse GeoJSON as the only answer to an operation that does not read entities (6.3.4).

    Other media types are let through: such an operation answers with JSON if at all.

    Raises:
        NotAcceptable: GeoJSON is what the client wants.
    """
    if accept is not None and Media.GEO_JSON.value.encode() in accept.lower():
        accepted_media(accept)


def _media_range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            weight = float(parameter[2:]) if _WEIGHT.fullmatch(parameter[2:]) else 0.0
    return name, weight


def _weight(media: Media, ranges: list[tuple[str, float]]) -> float:
    """Weigh a media type by the most specific range that covers it (RFC 9110, 12.5.1)."""
    for pattern in (media.value, "application/*", "*/*"):
        for name, weight in ranges:
            if name == pattern:
                return weight
    return 0.0


@lru_cache(maxsize=256)
def content_media(content_type: bytes | None, method: str) -> Media:
    """Tell whether a body is JSON or JSON-LD; merge-patch is JSON, for PATCH alone (6.3.4).

    Raises:
        UnsupportedMedia: It is neither.
    """
    name = (content_type or b"").decode("latin-1").split(";")[0].strip().lower()
    if name == Media.JSON.value or (name == _MERGE_PATCH and method == "PATCH"):
        return Media.JSON
    if name == Media.LD_JSON.value:
        return Media.LD_JSON
    raise UnsupportedMedia(f"Content-Type {name or 'is missing'} is not supported")


@lru_cache(maxsize=512)
def context_link(link: bytes | None) -> str | None:
    """Return the URL of the JSON-LD @context that a Link header names (6.3.5).

    Raises:
        InvalidInput: It names several, or the header is no list of links.
    """
    if link is None:
        return None
    text = link.decode("latin-1")
    targets = []
    for target, parameters in _LINK.findall(text):
        rels = {
            (quoted or plain)
            for name, quoted, plain in _PARAMETER.findall(parameters)
            if name.lower() == "rel"
        }
        if JSON_LD_REL in rels:
            targets.append(target.strip())
    if len(targets) > 1:
        raise InvalidInput(
            "The Link header names more than one @context", field="Link", value=text, clause="6.3.5"
        )
    if JSON_LD_REL in text and not targets:
        raise InvalidInput("The Link header is malformed", field="Link", value=text, clause="6.3.5")
    return targets[0] if targets else None


def preferences(prefer: bytes | None) -> Preferences:
    """Read the Prefer header; what NGSI-LD does not know is passed over (RFC 7240, 2)."""
    if prefer is None:
        return _NO_PREFERENCES
    version: str | None = None
    in_body = True
    for part in re.split(r"[,;]", prefer.decode("latin-1")):
        name, _, value = part.strip().partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "ngsi-ld" and _VERSION.fullmatch(value):
            version = value
        elif name.strip().lower() == "body":
            in_body = value != "json"
    return Preferences(version, in_body)


@lru_cache(maxsize=512)
def tenant_name(header: bytes | None) -> str:
    """Return the tenant that a request targets; "" is the default one (6.3.14).

    Raises:
        InvalidInput: The name has other characters than letters, digits and ``_ . : -``.
    """
    if header is None:
        return ""
    name = header.decode("latin-1").strip()
    if not _TENANT.fullmatch(name):
        raise InvalidInput(
            "A tenant's name must be 1 to 128 letters, digits, or any of _ . : -",
            field="NGSILD-Tenant",
            value=name,
            clause="6.3.14",
        )
    return name
