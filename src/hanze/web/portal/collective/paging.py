"""Pages of a list."""

from collections.abc import Callable
from typing import Final

__all__ = ["PAGE_SIZE", "page_asked", "pages_to"]

PAGE_SIZE: Final = 20
#: Beyond this a page number is a mistake or an attack.
_LAST: Final = 10_000_000


def page_asked(text: str) -> int:
    """Read a page number of an address; what is none counts as the first."""
    return (
        min(max(int(text), 1), _LAST)
        if text.isascii() and text.isdecimal() and len(text) < 9
        else 1
    )


def pages_to(
    total: int, here: int, href: Callable[[str], str], size: int = PAGE_SIZE
) -> list[tuple[int, str]]:
    """Link the first and last page and those around this one, with "" for a gap.

    Args:
        total: Of what is listed.
        here: This page, from 1.
        href: Gives the address of a page by its number; "" is the first.
        size: Of a page.
    """
    last = max(-(-total // size), 1)
    numbers = sorted({1, last, *range(max(here - 2, 1), min(here + 2, last) + 1)})
    pages: list[tuple[int, str]] = []
    for number in numbers:
        if pages and number - pages[-1][0] > 1:
            pages.append((number - 1, ""))
        pages.append((number, href(str(number) if number > 1 else "")))
    return pages
