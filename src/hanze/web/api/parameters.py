"""Parameters of an NGSI-LD operation: which it takes, and their simple values.

They come from the query string, or from the members of a Query body turned into the same texts
(`queries.parameters_of_body`), so that both ways mean the same.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from hanze.broker.consumption import TooManyResults
from hanze.errors import InvalidInput, MalformedBody
from hanze.ngsild.model import DEFAULT_INSTANCE
from hanze.ngsild.uri import is_uri

__all__ = ["LOCAL", "InvalidRequest", "Parameters", "url_parameters"]

#: What an operation takes that takes nothing else: this node is asked, and no other (6.3.18).
LOCAL = frozenset({"local"})

_MAX_QUERY_STRING = 64 * 1024
_FREQUENT = (
    *((b"%5B", b"["), (b"%5D", b"]"), (b"%2C", b",")),
    *((b"%5b", b"["), (b"%5d", b"]"), (b"%2c", b",")),
)
#: In these a "+" is never a space, and clients often send it bare.
_NO_SPACES = frozenset({"scopeQ", "idPattern", "observedAt"})


class InvalidRequest(MalformedBody):
    """A parameter does not belong to the operation, or its option is not known (6.3.20)."""


class Parameters(Mapping[str, str]):
    """Texts by name, read as what the operation expects."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def options(self, known: frozenset[str]) -> frozenset[str]:
        """Read the keywords of `options`.

        Raises:
            InvalidRequest: The operation does not know one (6.3.20).
        """
        keywords = frozenset(_listed(self["options"])) if self.get("options") else frozenset()
        for keyword in sorted(keywords - known):
            raise InvalidRequest(
                f"The operation does not know the option {keyword[:50]}",
                field="options",
                value=keyword,
                clause="6.3.20",
            )
        return keywords

    def flag(self, name: str) -> bool:
        """Read a boolean; absent is false."""
        text = self._values.get(name)
        if text not in {None, "true", "false"}:
            raise InvalidInput(f"{name} must be true or false", field=name, value=text)
        return text == "true"

    def number(self, name: str, default: int) -> int:
        """Read an integer that is not negative."""
        text = self._values.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise InvalidInput(f"{name} must be a whole number, 0 or more", field=name, value=text)
        return int(text)

    def listed(self, name: str) -> tuple[str, ...]:
        """Read a comma-separated list; absent is empty."""
        text = self._values.get(name)
        if text is None:
            return ()
        items = _listed(text)
        if not all(items):
            raise InvalidInput(f"{name} must list at least one name", field=name, value=text)
        return items

    def uris(self, name: str) -> tuple[str, ...]:
        """Read a comma-separated list of URIs."""
        items = self.listed(name)
        for item in items:
            if not is_uri(item):
                raise InvalidInput(f"{name} must hold URIs", field=name, value=item)
        return items

    def dataset_ids(self) -> frozenset[str | None] | None:
        """Read `datasetId`: URIs, or "@none" for the default instance; `None` when absent."""
        items = self.listed("datasetId")
        for item in items:
            if item != DEFAULT_INSTANCE and not is_uri(item):
                raise InvalidInput(
                    "datasetId must be a URI or @none", field="datasetId", value=item
                )
        if not items:
            return None
        return frozenset(None if item == DEFAULT_INSTANCE else item for item in items)

    def dataset_id(self) -> str | None:
        """Read `datasetId` where it names one instance: `None` is the default one."""
        text = self._values.get("datasetId")
        if text is None or text == DEFAULT_INSTANCE:
            return None
        if not is_uri(text):
            raise InvalidInput("datasetId must be a URI", field="datasetId", value=text)
        return text

    def page(self, *, default: int, maximum: int) -> tuple[int, int, bool]:
        """Read `limit`, `offset` and `count` (6.3.10, 6.3.13).

        Raises:
            TooManyResults: The limit is above what the node gives at once.
            InvalidInput: The limit is 0 and nothing is counted.
        """
        limit = self.number("limit", default)
        count = self.flag("count")
        if limit > maximum:
            raise TooManyResults(limit, maximum)
        if limit == 0 and not count:
            raise InvalidInput(
                "limit can be 0 only together with count=true", field="limit", clause="6.3.13"
            )
        return limit, self.number("offset", 0), count


def url_parameters(query: bytes, known: frozenset[str]) -> Parameters:
    """Read a query string.

    Raises:
        InvalidRequest: It is too long or no valid text, or names a parameter twice, or one that
            the operation does not know (6.3.20).
        InvalidInput: `local` is neither true nor false.
    """
    if not query:
        return Parameters({})
    if len(query) > _MAX_QUERY_STRING:
        raise InvalidRequest(f"The query string is longer than {_MAX_QUERY_STRING} bytes")
    # Areas are mostly these three. Without their escapes a polygon of 250 vertices is decoded in
    # 30 us instead of 150; no other escape can hold one of them, or arise by it.
    for escape, plain in _FREQUENT:
        query = query.replace(escape, plain)
    try:
        pairs = parse_qsl(
            query.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError as error:
        raise InvalidRequest("The query string is not valid") from error
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise InvalidRequest(
                f"The operation does not know the parameter {name[:50]}",
                field=name[:50],
                clause="6.3.20",
            )
        if name in values:
            raise InvalidRequest(f"The parameter {name} comes twice", field=name, clause="6.3.20")
        values[name] = value.replace(" ", "+") if name in _NO_SPACES else value
    found = Parameters(values)
    found.flag("local")
    return found


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(","))
