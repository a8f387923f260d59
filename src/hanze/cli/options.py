"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import orjson

from hanze.collaboration.records.record import LANGUAGES
from hanze.errors import ConfigurationError
from hanze.ngsild.model import JsonValue

__all__ = [
    "data_option",
    "json_option",
    "language_option",
    "node_options",
    "read_json",
    "read_token",
    "tenant_option",
    "token_file_option",
    "url_option",
]

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


def language_option(what: str) -> Callable[[F], F]:
    """Make the option of the language in which something is told.

    Args:
        what: Is told: "titles".
    """
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default="en",
        show_default=True,
        help=f"Language of {what}.",
    )


def url_option(function: F) -> F:
    return click.option(
        "--url",
        envvar="HANZE_URL",
        show_envvar=True,
        help="URL of a running node, instead of a data directory.",
    )(function)


def token_file_option(function: F) -> F:
    return click.option(
        "--token-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="HANZE_TOKEN_FILE",
        show_envvar=True,
        help="File with the token that the node at --url asks for.",
    )(function)


def tenant_option(function: F) -> F:
    return click.option("--tenant", help="Tenant of the node; else its default tenant.")(function)


def node_options(function: F) -> F:
    """Add what names a node (`asking.open_node_api`), and how its answer is told."""
    return token_file_option(url_option(data_option(json_option(function))))


def read_json(path: Path) -> JsonValue:
    """Read a file of JSON, or standard input where it is called -.

    Raises:
        ConfigurationError: It is no JSON.
    """
    with click.open_file(str(path), "rb") as file:
        try:
            document: JsonValue = orjson.loads(file.read())
        except orjson.JSONDecodeError as error:
            raise ConfigurationError(f"{path} is no JSON: {error}") from error
    return document


def read_token(path: Path) -> str:
    """Read the token that a file holds.

    Raises:
        ConfigurationError: It holds none.
    """
    token = path.read_text("utf-8").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"The file {path.name} holds no token")
    return token
