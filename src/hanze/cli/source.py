"""`hanze source`: what streams into a node, on the command line."""

import asyncio
import base64
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from hanze.cli.asking import ask_json, open_node_api, send
from hanze.cli.exits import FAILED
from hanze.cli.options import node_options
from hanze.cli.output import print_json, print_table
from hanze.cli.source_telling import tell_added, tell_source, tell_tried
from hanze.errors import ConfigurationError

__all__ = ["source"]

_file = click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)


@click.group()
def source() -> None:
    """Follow what streams in: sensors over MQTT, webhooks, services that are asked."""


@source.command(short_help="List the connectors that stream, or what one asks for.")
@click.argument("name", required=False)
@node_options
def connectors(name: str | None, as_json: bool, **where: Any) -> None:
    """List the connectors that stream; with a NAME, what that one asks for."""
    found = _ask("GET", "/connectors", where)["connectors"]
    if name is not None:
        found = [one for one in found if one["name"] == name]
        if not found:
            raise ConfigurationError(
                f"No connector that streams is called {name}; `hanze source connectors` lists them"
            )
    if as_json:
        print_json(found)
        return
    if name is None:
        rows = [(one["name"], ", ".join(one["how"]), one["title"]) for one in found]
        print_table(("name", "how", "title"), rows)
        return
    for how, options in found[0]["options"].items():
        click.echo(f"{found[0]['title']}, by {how}:")
        rows = [
            (
                one["name"] + (" (secret)" if one.get("secret") else ""),
                "needed" if one.get("required") else _default(one.get("default", "")),
                one["description"],
            )
            for one in options
        ]
        print_table(("option", "default", "meaning"), rows)


@source.command(short_help="Add a source; the node follows it at once.")
@click.argument("name")
@click.argument("connector")
@click.option(
    "--option", "-o", "options", multiple=True, help="As name=value; may be given several times."
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    help="As name=FILE: the file holds a password; `-` asks for it.",
)
@click.option("--decoder", type=_file, help="Payload decoder in JavaScript (LoRaWAN codec API).")
@click.option(
    "--examples",
    type=_file,
    help="Test vectors of the decoder: a JSON array of {bytes, fPort, data}; all must pass.",
)
@node_options
def add(
    *,
    name: str,
    connector: str,
    options: Sequence[str],
    secrets: Sequence[str],
    decoder: Path | None,
    examples: Path | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Add a source NAME that a CONNECTOR reads; the node follows it at once."""
    body: dict[str, Any] = {
        "name": name,
        "connector": connector,
        "options": dict(map(_pair, options)),
        "secrets": {key: _secret(key, value) for key, value in map(_pair, secrets)},
    }
    if decoder is not None:
        body["decoder"] = _content(decoder).decode("utf-8", "replace")
    if examples is not None:
        body["examples"] = _json(_content(examples), "--examples")
    answer = _ask("POST", "/sources", where, body=body)
    print_json(answer) if as_json else tell_added(answer)


@source.command("list")
@node_options
def list_sources(as_json: bool, **where: Any) -> None:
    """List the sources with what became of their messages."""
    found = _ask("GET", "/sources", where)["sources"]
    if as_json:
        print_json(found)
        return
    # Sentences make a table narrow on a terminal: there they stand below it.
    looked_at = sys.stdout.isatty()
    rows = [
        (
            one["name"],
            one["connector"],
            one["state"],
            *(str(one["counters"][key]) for key in ("received", "stored", "rejected", "waiting")),
            one.get("lastObservedAt", ""),
            "" if looked_at else one.get("problem") or one.get("lastError", ""),
        )
        for one in found
    ]
    print_table(
        (
            "name",
            "connector",
            "state",
            "received",
            "stored",
            "rejected",
            "waiting",
            "newest",
            "what is wrong",
        ),
        rows,
    )
    for one in found if looked_at else ():
        if wrong := one.get("problem") or one.get("lastError"):
            click.echo(f"{one['name']}: {wrong}", err=True)


@source.command(short_help="Show a source, and what could not be used.")
@click.argument("name")
@node_options
def show(name: str, as_json: bool, **where: Any) -> None:
    """Show a source: counters, devices that wait, what could not be used."""
    found = _ask("GET", f"/sources/{name}", where)
    found["devices"] = _ask("GET", f"/sources/{name}/devices", where)["devices"]
    letters = _ask("GET", f"/sources/{name}/dead-letters", where, parameters={"limit": "10"})
    found["deadLetters"] = letters["deadLetters"]
    print_json(found) if as_json else tell_source(found)


@source.command(short_help="Show what becomes of a message; nothing is stored.")
@click.argument("name", required=False)
@click.argument("file", type=_file, required=False)
@click.option("--connector", help="Try a connector, without a source.")
@click.option("--option", "-o", "options", multiple=True, help="Of that connector: name=value.")
@click.option("--decoder", type=_file, help="Its payload decoder in JavaScript.")
@click.option("--topic", default="", help="Topic or path of the message.")
@click.option("--content-type", default="", help="Media type of the message.")
@click.option("--received-at", help="When it was received (DateTime); now, when not said.")
@click.option("--examples", is_flag=True, help="Run the test vectors of the source's decoder.")
@node_options
def test(
    *,
    name: str | None,
    file: Path | None,
    connector: str | None,
    options: Sequence[str],
    decoder: Path | None,
    topic: str,
    content_type: str,
    received_at: str | None,
    examples: bool,
    as_json: bool,
    **where: Any,
) -> int:
    """Show what the source NAME makes of the message in FILE (`-` is what is typed or piped).

    Nothing is stored. With --connector only the FILE is named.
    """
    if examples and name is not None:
        return _run_examples(name, where, as_json=as_json)
    if connector is not None and file is None and name is not None:
        file, name = Path(name), None
    if (name is None) == (connector is None):
        raise click.UsageError("Name a source, or a connector with --connector")
    body: dict[str, Any] = {"topic": topic, "contentType": content_type}
    body["base64"] = base64.b64encode(_content(file or Path("-"))).decode()
    if received_at is not None:
        body["receivedAt"] = received_at
    path = f"/sources/{name}/test"
    if connector is not None:
        path = "/sources/test"
        body |= {"connector": connector, "options": dict(map(_pair, options))}
        if decoder is not None:
            body["decoder"] = _content(decoder).decode("utf-8", "replace")
    answer = _ask("POST", path, where, body=body)
    print_json(answer) if as_json else tell_tried(answer)
    return FAILED if answer["rejected"] or answer["personal"] or not answer["entities"] else 0


def _run_examples(name: str, where: Mapping[str, Any], *, as_json: bool) -> int:
    answer = _ask("GET", f"/sources/{name}/examples", where)
    if as_json:
        print_json(answer)
    elif answer["failures"]:
        for failure in answer["failures"]:
            click.echo(failure, err=True)
    elif not answer["examples"]:
        click.echo("The source has no examples; `hanze source add` takes them with --examples.")
    else:
        click.echo(f"All examples are as they should be: {answer['examples']}.")
    return FAILED if answer["failures"] else 0


@source.command(short_help="Deal once more with messages that are kept.")
@click.argument("name")
@click.option("--from", "start", help="DateTime from which messages were received.")
@click.option("--until", "end", help="DateTime until which, excluded.")
@click.option("--dead-letters", is_flag=True, help="Only those that could not be used.")
@node_options
def replay(
    name: str, start: str | None, end: str | None, dead_letters: bool, as_json: bool, **where: Any
) -> None:
    """Deal once more with messages that are kept, e.g. after a decoder was mended."""
    body = {"start": start, "end": end, "deadLetters": dead_letters}
    answer = _ask("POST", f"/sources/{name}/replay", where, body=body)
    if as_json:
        print_json(answer)
    else:
        click.echo(f"Messages that are dealt with once more: {answer['messages']}.")


@source.command()
@click.argument("name")
@node_options
def pause(name: str, as_json: bool, **where: Any) -> None:
    """Follow a source no more until it is resumed; what waits stays."""
    answer = _ask("POST", f"/sources/{name}/pause", where)
    print_json(answer) if as_json else click.echo(f"{name} is paused.")


@source.command()
@click.argument("name")
@click.option(
    "--personal-is-known",
    is_flag=True,
    help="The fields that seemed personal were looked at, and may pass.",
)
@node_options
def resume(name: str, personal_is_known: bool, as_json: bool, **where: Any) -> None:
    """Follow a source again, also one that the node stopped."""
    body = {"personalIsKnown": personal_is_known}
    answer = _ask("POST", f"/sources/{name}/resume", where, body=body)
    print_json(answer) if as_json else click.echo(f"{name} is followed again.")


@source.command(short_help="Remove a source; its entities stay.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@node_options
def remove(name: str, yes: bool, as_json: bool, **where: Any) -> None:
    """Remove a source with the messages that are kept of it; its entities stay."""
    if not yes:
        click.confirm(
            f"{name} goes with all its messages; entities stay. Go on?", abort=True, err=True
        )
    _ask("DELETE", f"/sources/{name}", where)
    print_json({"removed": name}) if as_json else click.echo(f"{name} is removed.")


@source.command(short_help="Let devices in that wait, or list them.")
@click.argument("name")
@click.argument("device", required=False)
@click.option("--all", "every", is_flag=True, help="Every device that waits.")
@click.option("--refuse", is_flag=True, help="Drop its messages, now and later.")
@node_options
def approve(
    name: str, device: str | None, every: bool, refuse: bool, as_json: bool, **where: Any
) -> None:
    """Let a DEVICE in that waits; its messages are dealt with. Without one: list those."""
    waiting = _ask("GET", f"/sources/{name}/devices", where)["devices"]
    if device is None and not every:
        if as_json:
            print_json(waiting)
            return
        rows = [
            (one["device"], str(one["messages"]), one["firstAt"], one["entityId"])
            for one in waiting
        ]
        print_table(("device", "messages", "since", "entity"), rows)
        return
    chosen = [one["device"] for one in waiting] if device is None else [device]
    messages = 0
    for one in chosen:
        body = {"device": one, "refuse": refuse}
        messages += _ask("POST", f"/sources/{name}/devices", where, body=body)["messages"]
    if as_json:
        print_json({"devices": chosen, "messages": messages})
    elif refuse:
        click.echo(f"Refused {len(chosen)}; {messages} messages are dropped.")
    else:
        click.echo(
            f"Let in: {len(chosen)}. Messages of theirs that are dealt with now: {messages}."
        )


def _ask(
    method: str,
    path: str,
    where: Mapping[str, Any],
    *,
    parameters: Mapping[str, str] | None = None,
    body: Any = None,
) -> Any:
    async def ask() -> Any:
        async with open_node_api(where) as client:
            if method == "DELETE":
                return await send(client, method, f"/api/v1{path}")
            return await ask_json(
                client, method, f"/api/v1{path}", parameters=parameters, body=body
            )

    return asyncio.run(ask())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"must be name=value, not {text[:60]}")
    return name.strip(), value.strip()


def _default(value: Any) -> str:
    """Write a default as it is written in an option."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _secret(name: str, file: str) -> str:
    if file == "-" and sys.stdin.isatty():
        return str(click.prompt(name, hide_input=True, err=True))
    return _content(Path(file)).decode("utf-8", "replace").strip()


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}") from error


def _json(content: bytes, what: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(f"holds no JSON: {error}", param_hint=what) from error
