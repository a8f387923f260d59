"""Reading a query text from left to right: the one cursor that the parsers share."""

import re
from typing import NoReturn

from hanze.errors import InvalidInput

__all__ = ["NAME", "Cursor"]

#: A name, or names with dots between them, in q, pick and omit (4.9, 4.21).
NAME = re.compile(r"""[^\s=<>!~;|()\[\]{}",\\^`]+""")


class Cursor:
    """A position in a text.

    Args:
        text: What is read; percent-decoded already.
        field: Name of the parameter, for errors.
        clause: The clause that gives its grammar.
        longest: The most characters that the text may have.

    Raises:
        InvalidInput: The text is empty or too long.
    """

    __slots__ = ("clause", "field", "position", "text")

    def __init__(self, text: str, *, field: str, clause: str, longest: int) -> None:
        self.text = text
        self.position = 0
        self.field = field
        self.clause = clause
        if not text:
            raise InvalidInput(f"{field} is empty", field=field, value=text, clause=clause)
        if len(text) > longest:
            raise InvalidInput(
                f"{field} is longer than {longest} characters",
                field=field,
                value=text,
                clause=clause,
            )

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, symbol: str) -> bool:
        """Pass over the symbol if it comes next, and tell whether it did."""
        found = self.text.startswith(symbol, self.position)
        if found:
            self.position += len(symbol)
        return found

    def expect(self, symbol: str) -> None:
        if not self.take(symbol):
            self.fail(f"{symbol} is expected")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Pass over what the pattern matches here, which may be nothing at all."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def fail(self, reason: str, cause: Exception | None = None) -> NoReturn:
        """Refuse the text, quoting what comes next."""
        raise InvalidInput(
            f"{self.field} cannot be read at character {self.position + 1}: {reason}",
            field=self.field,
            value=self.text[self.position :] or self.text,
            clause=self.clause,
        ) from cause
