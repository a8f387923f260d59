"""`hanze indicators`: figures of cooperation across borders."""

from collections.abc import Mapping
from typing import Any, Final

import click

from hanze.cli.below import ask_collective
from hanze.cli.governing import said_in
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table

__all__ = ["indicators"]

_MEASURES: Final = (
    *("contacts", "missions", "accords", "in-force", "projects", "replications", "exports"),
    *("follow-ups", "followed-up"),
)


@click.command()
@click.option(
    "--by",
    type=click.Choice(("year", "country", "theme")),
    default="year",
    help="Of what each row is.",
)
@click.option("--country", help="Only between this country (id) and others.")
@click.option("--theme", help="Only about this theme (id), or one below it.")
@click.option("--from", "first", type=int, help="First year.")
@click.option("--to", "last", type=int, help="Last year.")
@node_options
def indicators(
    *,
    by: str,
    country: str | None,
    theme: str | None,
    first: int | None,
    last: int | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Count contacts, accords, projects, replications, exports and costs across borders.

    A count that is not known is shown as ?, which is not 0. Rows are not to be added up: what is
    between two countries is in the row of both.
    """
    given = {"by": by, "country": country, "theme": theme, "firstYear": first, "lastYear": last}
    asked = {name: str(value) for name, value in given.items() if value is not None}
    found = ask_collective(where, "GET", "indicators", parameters=asked)
    if as_json:
        print_json(found)
        return
    rows = [_row(one) for one in found["rows"]]
    rows.append(("total", *_row(found["total"])[1:]))
    print_table((by, *_MEASURES, "partners", "reported", "costs", "of missions"), rows)


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    counts = one["counts"]
    costs = ", ".join(f"{each['amount']} {each['currency']}" for each in one["costs"])
    name = said_in(one["name"].get("title", {})) if "name" in one else ""
    return (
        name or one["key"] or "not known",
        *("?" if counts[measure] is None else str(counts[measure]) for measure in _MEASURES),
        str(one["partners"]),
        f"{one['reported']} of {one['missions']}",
        (costs + (" or more" if one["partial"] else "")) or "?",
        f"{one['costed']} of {one['missions']}",
    )
