"""From a message to entities: the connector's decoder, the source's script, and checks on both."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, resources
from typing import Final, Protocol, cast

import msgspec
from msgspec import structs

from hanze.connectors import Provenance
from hanze.connectors.manifest import Manifest, Stream, load_manifest, manifests
from hanze.connectors.merging import Observed, read_observed
from hanze.connectors.personal import Finding, personal_fields, personal_readings
from hanze.connectors.streaming import (
    Decode,
    Following,
    Message,
    PauseS,
    Reading,
    Rejected,
    Requests,
    Scripted,
    Uplink,
    Uplinks,
)
from hanze.errors import InvalidInput, NotFound
from hanze.ngsild.context import Context
from hanze.ngsild.moment import parse_datetime

__all__ = [
    "Connector",
    "ConnectorNotFound",
    "Decoded",
    "RunScript",
    "decode_message",
    "load_connector",
    "streaming_connectors",
]

#: Larger messages are decoded in a thread, so that others need not wait.
_LARGE: Final = 128 * 1024
#: A moment that is later than the message came by more than this is no moment of observation. As
#: the present value it would stand in the way of all that follow.
_AHEAD_US: Final = 3_600_000_000
_AHEAD: Final = "The time of observation lies in the future: a clock or a time zone is wrong"


class ConnectorNotFound(NotFound):
    """No connector that streams has this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"No connector that streams is called {name[:60]}; there are: {', '.join(known)}"
        )


class RunScript(Protocol):
    """Runs a payload decoder in JavaScript where it can do no harm."""

    async def __call__(self, script: str, uplinks: Sequence[Uplink], /) -> Sequence[Scripted]: ...


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector that can stream, with what its folder offers (`connectors.streaming`)."""

    manifest: Manifest
    stream: Stream
    decode: Decode
    uplinks: Uplinks | None = None
    requests: Requests | None = None
    following: Following | None = None
    pause_s: PauseS | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a message holds.

    Attributes:
        readings: As the decoder made them.
        observed: The same, expanded and checked; those that are wrong are among the rejected.
        rejected: What could not be used, with the reason.
        personal: Fields that look personal, where the source should have none: then nothing of
            the message may be kept.
    """

    readings: tuple[Reading, ...] = ()
    observed: tuple[Observed, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    personal: tuple[Finding, ...] = ()


def streaming_connectors() -> tuple[Manifest, ...]:
    """The manifests of connectors that stream, by name."""
    return tuple(one for one in manifests() if one.stream is not None)


@lru_cache(maxsize=256)
def load_connector(name: str) -> Connector:
    """Find a connector by the name in its manifest.

    Raises:
        ConnectorNotFound: None that streams has it.
    """
    for folder in sorted(resources.files("hanze.connectors").iterdir(), key=lambda one: one.name):
        if not (folder / "manifest.toml").is_file():
            continue
        manifest = load_manifest(folder.name)
        if manifest.name == name and manifest.stream is not None:
            return _loaded(folder.name, manifest, manifest.stream)
    raise ConnectorNotFound(name, [one.name for one in streaming_connectors()])


def _loaded(package: str, manifest: Manifest, stream: Stream) -> Connector:
    decoder = import_module(f"hanze.connectors.{package}.decode")
    folder = resources.files("hanze.connectors") / package
    source: object = None
    if (folder / "source.py").is_file():
        source = import_module(f"hanze.connectors.{package}.source")
    return Connector(
        manifest=manifest,
        stream=stream,
        decode=cast(Decode, decoder.decode),
        uplinks=cast(Uplinks | None, getattr(decoder, "uplinks", None)),
        requests=cast(Requests | None, getattr(source, "requests", None)),
        following=cast(Following | None, getattr(source, "following", None)),
        pause_s=cast(PauseS | None, getattr(source, "pause_s", None)),
    )


async def decode_message(
    connector: Connector,
    message: Message,
    *,
    script: str,
    run: RunScript,
    provenance: Provenance,
    context: Context,
    may_be_personal: bool,
) -> Decoded:
    """Make entities of a message; what goes wrong is in what it returns.

    Args:
        script: Of the source; "" where it has none.
        provenance: Whose data it is; every entity says so.
        context: In which the decoder names types and attributes.
        may_be_personal: Whether the source is one that tells something about persons.
    """
    try:
        if script and connector.uplinks is not None:
            uplinks = connector.uplinks(message)
            if uplinks:
                message = structs.replace(message, scripted=tuple(await run(script, uplinks)))
        if len(message.body) > _LARGE:
            found = await asyncio.to_thread(_decoded, connector, message)
        else:
            found = _decoded(connector, message)
        readings = [one for one in found if isinstance(one, Reading)]
        rejected = [one for one in found if isinstance(one, Rejected)]
        if not may_be_personal and (findings := _personal(connector, message, readings)):
            return Decoded(personal=findings)
        latest = parse_datetime(message.received_at) + _AHEAD_US
        return _checked(readings, rejected, provenance, context, latest=latest)
    except InvalidInput as error:
        return Decoded(rejected=(Rejected(str(error)),))
    except Exception as error:  # noqa: BLE001  # a mistake in one decoder must not stop the node
        reason = f"The decoder of {connector.manifest.name} fails: {type(error).__name__}: {error}"
        return Decoded(rejected=(Rejected(reason[:500]),))


def _personal(
    connector: Connector, message: Message, readings: Sequence[Reading]
) -> tuple[Finding, ...]:
    """Look for what seems personal in readings, and in all of a message that may hold anything."""
    found = personal_readings(readings)
    if found or not connector.stream.any_fields:
        return found
    try:
        return personal_fields(msgspec.json.decode(message.body))
    except (msgspec.DecodeError, RecursionError):
        return ()  # It is no JSON: the decoder has said so.


def _decoded(connector: Connector, message: Message) -> list[Reading | Rejected]:
    return list(connector.decode(message))


def _checked(
    readings: Sequence[Reading],
    rejected: list[Rejected],
    provenance: Provenance,
    context: Context,
    *,
    latest: int,
) -> Decoded:
    usable: list[Reading] = []
    observed: list[Observed] = []
    for reading in readings:
        rejected += [Rejected(part, reading.entity_id) for part in reading.parts]
        try:
            if reading.observed_at is not None and parse_datetime(reading.observed_at) > latest:
                rejected.append(Rejected(_AHEAD, f"{reading.entity_id} {reading.observed_at}"))
                continue
            observed.append(read_observed(reading, provenance, context))
        except InvalidInput as error:
            rejected.append(Rejected(str(error), reading.entity_id))
        else:
            usable.append(reading)
    return Decoded(tuple(usable), tuple(observed), tuple(rejected))
