"""`hanze config`: what a node is told, and by whom."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from hanze.cli.options import data_option, json_option
from hanze.cli.output import print_json, print_table
from hanze.settings import describe, load_settings

__all__ = ["config"]


@click.group()
def config() -> None:
    """Show settings, and where each value comes from."""


@config.command("show")
@data_option
@json_option
def show(data: Path, as_json: bool) -> None:
    """Show every setting with its value and where that comes from.

    A flag of `hanze serve` counts first, then the environment, then hanze.toml in the data
    directory, then the default.
    """
    settings = list(describe(load_settings(data, flags={}, environ=os.environ)))
    if as_json:
        print_json([asdict(setting) for setting in settings])
    else:
        rows = [(s.name, _text(s.value), s.origin, s.description) for s in settings]
        print_table(("setting", "value", "from", "meaning"), rows)


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
