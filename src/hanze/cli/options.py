"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

__all__ = ["data_option", "json_option", "url_option"]

F = TypeVar("F", bound=Callable[..., object])


def data_option(function: F) -> F:
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="HANZE_DATA",
        default=Path("hanze-data"),
        show_default=True,
        show_envvar=True,
        help="Data directory of the node.",
    )(function)


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(function)


def url_option(function: F) -> F:
    return click.option(
        "--url",
        envvar="HANZE_URL",
        show_envvar=True,
        help="URL of a running node, instead of a data directory.",
    )(function)
