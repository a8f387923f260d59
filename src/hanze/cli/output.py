"""How commands answer: JSON where it is asked for, else a table that fits a terminal or a pipe."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
import orjson

from hanze.collaboration.records.record import text_of

__all__ = ["name_of", "print_json", "print_table"]


#: Columns up to this wide stay whole on a terminal, as far as the others keep room: moments, or
#: else numbers and states.
_WHOLE: Final = (20, 10)
_ROOM: Final = 10
_GAP: Final = 2
_MOMENT: Final = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+Z")


def name_of(named: Mapping[str, Any] | None, language: str = "en") -> str:
    """Call a record that an answer names as it is called, else by its id; "" where none is named."""
    if not named:
        return ""
    return text_of(named.get("title", {}), language) or str(named["id"])


def print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns; tab-separated, without cutting, when nobody looks.

    A terminal is narrow: columns without any cell are left out there, and moments end at seconds.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(_one_line(cell) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a pipe need not wait for
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    cells = [[_MOMENT.sub(r"\1Z", _one_line(cell)) for cell in row] for row in rows]
    shown = [place for place in range(len(columns)) if not rows or any(row[place] for row in cells)]
    widths = {place: max(len(row[place]) for row in [columns, *cells]) for place in shown}
    console = Console()
    whole = _whole(list(widths.values()), console.width)
    for place, width in widths.items():
        table.add_column(columns[place], overflow="fold", no_wrap=width <= whole)
    for row in cells:
        table.add_row(*(Text(row[place]) for place in shown))
    console.print(table)


def _whole(widths: Sequence[int], room: int) -> int:
    """Tell up to which width columns are kept on one line, so that nothing is cut off."""
    for whole in _WHOLE:
        needed = sum(width if width <= whole else _ROOM for width in widths)
        if needed + _GAP * len(widths) <= room:
            return whole
    return 0


def _one_line(cell: str) -> str:
    """Keep control characters of others' data away from the terminal."""
    return "".join(c if c.isprintable() else " " for c in cell)
