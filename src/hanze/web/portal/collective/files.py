"""Lists as files for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from starlette.responses import Response

from hanze.collaboration.exports import harmless

__all__ = ["csv_file"]

Cell = str | int | float | Decimal | None


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Answer rows as a file.

    Args:
        name: Of the file, without its ending.
        columns: Their names.
        rows: Cells in the order of the columns; `None` stays empty.
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return Response(
        # The mark tells spreadsheets that the file is UTF-8.
        "\ufeff" + lines.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # As people write it, without an exponent; what begins with "-" is a number, no formula.
        return f"{value:f}"
    return harmless(value) if isinstance(value, str) else value
