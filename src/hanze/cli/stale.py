"""Tell which nodes of the league have not been heard, so that nobody takes their part for fresh."""

from collections.abc import Mapping

import click

__all__ = ["kept_by", "tell_stale"]


def tell_stale(answer: object) -> None:
    """Say on standard error which parts of an answer are stale; nothing where all are fresh."""
    parts = answer.get("freshness", ()) if isinstance(answer, Mapping) else ()
    for part in parts:
        if "staleSince" in part:
            click.echo(
                f"{part['node']} has not been heard since {part['staleSince']}; "
                "its records are as they were then.",
                err=True,
            )


def kept_by(home: object) -> str:
    """Name the other node that keeps a record, to stand behind its city; "" where none does."""
    return f" ({home['node']})" if isinstance(home, Mapping) else ""
