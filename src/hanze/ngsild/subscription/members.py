"""Reading the members of a JSON object as the tables of 5.2 define them."""

from collections.abc import Callable, Mapping
from typing import Final, NoReturn, TypeVar

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, JsonObject, JsonValue

__all__ = ["Members"]

_T = TypeVar("_T")

#: Thirty years in milliseconds; nobody waits for longer, and every float holds it.
_LARGEST: Final = 1e12
_LONGEST_TEXT: Final = 65_536


class Members:
    """The members of one object; what has the wrong type is refused with its path.

    Args:
        json: What should be an object.
        path: Where it stands in the body: "" for the body itself, else e.g. "notification".
        clause: The clause whose table says what members it has.

    Raises:
        InvalidInput: It is no object.
    """

    __slots__ = ("_clause", "_json", "_path")

    def __init__(self, json: JsonValue, path: str, clause: str) -> None:
        if not isinstance(json, Mapping):
            raise InvalidInput(
                f"{path or 'The body'} must be a JSON object",
                field=path or None,
                value=json,
                clause=clause,
            )
        self._json: JsonObject = json
        self._path = path
        self._clause = clause

    def has(self, name: str) -> bool:
        return name in self._json

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def fail(self, name: str, what: str) -> NoReturn:
        """Refuse a member: its name, then `what`."""
        path = self.path(name)
        value = self._json.get(name)
        raise InvalidInput(f"{path} {what}", field=path, value=value, clause=self._clause)

    def member(self, name: str) -> JsonValue:
        """Read a member that must be there."""
        if name not in self._json:
            self.fail(name, "is missing")
        return self._json[name]

    def inner(self, name: str, clause: str) -> "Members":
        """Read a member that is an object and must be there."""
        return Members(self.member(name), self.path(name), clause)

    def text(self, name: str) -> str | None:
        """Read a text that is not empty; `None` when absent."""
        if name not in self._json:
            return None
        value = self._json[name]
        if not isinstance(value, str) or not value:
            self.fail(name, "must be a text that is not empty")
        if value == NULL or len(value) > _LONGEST_TEXT:
            self.fail(name, f"must be no NGSI-LD Null, and have at most {_LONGEST_TEXT} characters")
        return value

    def texts(self, name: str, *, most: int) -> tuple[str, ...] | None:
        """Read an array of texts that is not empty; `None` when absent."""
        if name not in self._json:
            return None
        values = self._json[name]
        if not isinstance(values, list | tuple) or not values:
            self.fail(name, "must be an array of texts that is not empty")
        if len(values) > most:
            self.fail(name, f"must have at most {most} items")
        if not all(isinstance(value, str) and value and value != NULL for value in values):
            self.fail(name, "must hold texts that are not empty")
        return tuple(str(value) for value in values)

    def flag(self, name: str) -> bool | None:
        """Read true or false; `None` when absent."""
        if name not in self._json:
            return None
        value = self._json[name]
        if not isinstance(value, bool):
            self.fail(name, "must be true or false")
        return value

    def positive(self, name: str) -> float | None:
        """Read a number greater than 0; `None` when absent."""
        if name not in self._json:
            return None
        value = self._json[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            self.fail(name, "must be a number greater than 0")
        if value > _LARGEST:
            self.fail(name, f"must be at most {_LARGEST:.0f}")
        return value

    def choice(self, name: str, known: Mapping[str, _T]) -> _T | None:
        """Read one of some texts; `None` when absent."""
        if name not in self._json:
            return None
        value = self._json[name]
        if not isinstance(value, str) or value not in known:
            self.fail(name, f"must be one of {', '.join(known)}")
        return known[value]

    def names(self, name: str, context: Context, *, most: int) -> tuple[str, ...] | None:
        """Read an array of names of attributes, expanded; `None` when absent."""
        terms = self.texts(name, most=most)
        if terms is None:
            return None
        return tuple(self.expanded(name, context.expand_name, term) for term in terms)

    def listed_names(self, name: str, context: Context) -> frozenset[str]:
        """Read a comma-separated list of names of attributes, expanded; empty when absent."""
        text = self.text(name)
        if text is None:
            return frozenset()
        terms = [term.strip() for term in text.split(",")]
        if not all(terms):
            self.fail(name, "must list names")
        return frozenset(self.expanded(name, context.expand_name, term) for term in terms)

    def expanded(self, name: str, expand: Callable[[str], str], term: str) -> str:
        """Expand a term; errors name the member that it stands in."""
        try:
            return expand(term)
        except InvalidInput as error:
            raise InvalidInput(
                str(error), field=self.path(name), value=term, clause=error.clause or self._clause
            ) from error

    def read(self, name: str, parse: Callable[[], _T]) -> _T:
        """Run a parser of a member's text; errors name the member where it stands."""
        try:
            return parse()
        except InvalidInput as error:
            path = self.path(name)
            raise InvalidInput(
                str(error), field=path, value=error.value, clause=error.clause
            ) from error
