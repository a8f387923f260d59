"""How commands answer: JSON where it is asked for, else a table that fits a terminal or a pipe."""

import sys
from collections.abc import Sequence

import click
import orjson

__all__ = ["print_json", "print_table"]


def print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns; tab-separated, without cutting, when nobody looks."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(_one_line(cell) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a pipe need not wait for
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_one_line(cell)) for cell in row))
    Console().print(table)


def _one_line(cell: str) -> str:
    """Keep control characters of others' data away from the terminal."""
    return "".join(c if c.isprintable() else " " for c in cell)
