"""Sources that stream into the node: added, watched, tried out and mended by an operator."""

import base64
import binascii

from starlette.responses import Response

from hanze.connectors.decoders import load_connector, streaming_connectors
from hanze.connectors.merging import entity_json
from hanze.connectors.source_record import SourceRecord, how_of, options_of, provenance_of
from hanze.connectors.streaming import Message
from hanze.errors import InvalidInput
from hanze.ngsild.moment import format_datetime, normalise_datetime, parse_datetime
from hanze.node.source_state import Following
from hanze.web.api.frame import ApiRoute, Ask, json_of
from hanze.web.api.source_shapes import (
    AddedSource,
    Approval,
    ConnectorsShown,
    DeviceShown,
    DevicesShown,
    LetterShown,
    LettersShown,
    Messages,
    NewSource,
    Page,
    ReadingShown,
    RejectedShown,
    Replay,
    Resumption,
    SourceShown,
    SourcesShown,
    Tried,
    TriedConnector,
    TriedShown,
    Vectors,
    connector_shown,
    source_shown,
)
from hanze.web.caller import require_operator

__all__ = ["ROUTES"]

#: What stands for where messages come from, when one is only tried.
_WAYS_IN = {"url": "mqtt://broker.invalid", "topic": "#"}
_EVER = "9999-12-31T23:59:59Z"


async def connectors(ask: Ask) -> ConnectorsShown:  # noqa: ARG001  # every handler takes it
    """List the connectors that stream, with what they ask for."""
    return ConnectorsShown(connectors=tuple(map(connector_shown, streaming_connectors())))


async def list_sources(ask: Ask) -> SourcesShown:
    """List the sources with their counters."""
    require_operator(ask.caller)
    return SourcesShown(
        sources=tuple(source_shown(one, ask.now) for one in await ask.node.sources.overview())
    )


async def show(ask: Ask) -> SourceShown:
    """Show one source."""
    require_operator(ask.caller)
    return source_shown(await ask.node.sources.shown(ask.path("name")), ask.now)


async def add(ask: Ask) -> Response:
    """Add a source; the node follows it at once."""
    require_operator(ask.caller)
    body = await ask.body(NewSource)
    record = SourceRecord(
        name=body.name,
        connector=body.connector,
        options=body.options,
        script=body.decoder,
        examples=body.examples,
    )
    record, made = await ask.node.sources.add(record, body.secrets)
    shown = source_shown(await ask.node.sources.shown(record.name), ask.now)
    return json_of(AddedSource(source=shown, secrets=made), 201)


async def remove(ask: Ask) -> Response:
    """Remove a source with what the spool keeps of it; its entities stay."""
    require_operator(ask.caller)
    await ask.node.sources.remove(ask.path("name"))
    return Response(status_code=204)


async def pause(ask: Ask) -> SourceShown:
    """Follow a source no more until it is resumed; what waits stays."""
    require_operator(ask.caller)
    await ask.node.sources.pause(ask.path("name"))
    return await show(ask)


async def resume(ask: Ask) -> SourceShown:
    """Follow a source again, also one that the node stopped."""
    require_operator(ask.caller)
    body = await ask.body(Resumption)
    await ask.node.sources.resume(ask.path("name"), personal_is_known=body.personal_is_known)
    return await show(ask)


async def test(ask: Ask) -> TriedShown:
    """Show what a source makes of a message; nothing is stored."""
    require_operator(ask.caller)
    sources = ask.node.sources
    following = sources.following(sources.record(ask.path("name")))
    return await _tried(ask, following, await ask.body(Tried))


async def test_connector(ask: Ask) -> TriedShown:
    """Show what a source that is not there yet would make of a message; nothing is stored."""
    require_operator(ask.caller)
    body = await ask.body(TriedConnector)
    options = {name: value for name, value in body.options.items() if value != ""}
    connector = load_connector(body.connector)
    # Where messages would come from does not matter to what they become.
    known = connector.stream.how
    how = how_of(connector, options) if {"how", "url"} & options.keys() else known[0]
    if "push" in known and not {"how", "url"} & options.keys():
        how = "push"
    options["how"] = how
    for name, one in options_of(connector, how).items():
        if one.required and name in _WAYS_IN:
            options.setdefault(name, _WAYS_IN[name])
    record = SourceRecord(
        name="tried", connector=body.connector, options=options, script=body.decoder
    )
    return await _tried(ask, ask.node.sources.following(record), body)


async def vectors(ask: Ask) -> Vectors:
    """Run the test vectors of a source's payload decoder."""
    require_operator(ask.caller)
    record = ask.node.sources.record(ask.path("name"))
    failures = await ask.node.sources.script_failures(record)
    return Vectors(examples=len(record.examples), failures=tuple(failures))


async def replay(ask: Ask) -> Messages:
    """Have kept messages dealt with once more, e.g. after a decoder was mended."""
    require_operator(ask.caller)
    body = await ask.body(Replay)
    name = ask.node.sources.record(ask.path("name")).name
    start = parse_datetime(body.start, field="start") if body.start is not None else 0
    end = parse_datetime(body.end if body.end is not None else _EVER, field="end")
    found = await ask.node.sources.spool.replay(
        name, start=start, end=end, letters=body.dead_letters
    )
    return Messages(messages=found)


async def devices(ask: Ask) -> DevicesShown:
    """List the devices of a source that wait for a person."""
    require_operator(ask.caller)
    found = await ask.node.sources.spool.devices(ask.node.sources.record(ask.path("name")).name)
    return DevicesShown(
        devices=tuple(
            DeviceShown(
                device=one.device,
                entity_id=one.entity_id,
                first_at=format_datetime(one.first),
                last_at=format_datetime(one.last),
                messages=one.messages,
            )
            for one in found
        )
    )


async def approve(ask: Ask) -> Messages:
    """Let a device in, and deal with its messages; or refuse it."""
    require_operator(ask.caller)
    body = await ask.body(Approval)
    found = await ask.node.sources.approve(ask.path("name"), body.device, refuse=body.refuse)
    return Messages(messages=found)


async def letters(ask: Ask) -> LettersShown:
    """List what could not be used of a source's messages, the newest first."""
    require_operator(ask.caller)
    page = ask.parameters(Page)
    name = ask.node.sources.record(ask.path("name")).name
    found = await ask.node.sources.spool.letters(name, limit=page.limit, before=page.before)
    return LettersShown(
        dead_letters=tuple(
            LetterShown(
                message=one.message_id,
                received_at=format_datetime(one.received),
                reason=one.reason,
                part=one.part,
                topic=one.topic,
            )
            for one in found
        )
    )


async def _tried(ask: Ask, following: Following, tried: Tried) -> TriedShown:
    body = _body(tried)
    received_at = ask.now
    if tried.received_at is not None:
        received_at = normalise_datetime(tried.received_at, field="receivedAt")
    message = Message(
        source=following.record.name,
        received_at=received_at,
        body=body,
        content_type=tried.content_type,
        topic=tried.topic,
    )
    decoded = await ask.node.sources.decode(following, message)
    provenance = provenance_of(following.connector, following.options)
    return TriedShown(
        raw=body[:20_000].decode("utf-8", "replace"),
        bytes=len(body),
        readings=tuple(
            ReadingShown(
                entity_id=one.entity_id,
                entity_type=one.entity_type,
                device=one.device,
                observed_at=one.observed_at,
                attributes=tuple(one.values),
            )
            for one in decoded.readings
        ),
        entities=tuple(entity_json(one, provenance) for one in decoded.readings),
        rejected=tuple(RejectedShown(reason=one.reason, part=one.part) for one in decoded.rejected),
        personal=tuple(f"{one.path} looks like {one.looks_like}" for one in decoded.personal),
    )


def _body(tried: Tried) -> bytes:
    if (tried.body is None) == (tried.base64 is None):
        raise InvalidInput("A message is told by body or by base64, one of them", field="body")
    if tried.body is not None:
        return tried.body.encode()
    try:
        return base64.b64decode(tried.base64 or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("base64 must be Base64 (RFC 4648)", field="base64") from error


_ONE = "/sources/{name}"
ROUTES = (
    ApiRoute("GET", "/connectors", connectors, ConnectorsShown),
    ApiRoute("GET", "/sources", list_sources, SourcesShown, writes=True),
    ApiRoute("POST", "/sources", add, AddedSource, body=NewSource, writes=True, status=201),
    ApiRoute("POST", "/sources/test", test_connector, TriedShown, body=TriedConnector, writes=True),
    ApiRoute("GET", _ONE, show, SourceShown, writes=True),
    ApiRoute("DELETE", _ONE, remove, writes=True, status=204),
    ApiRoute("POST", f"{_ONE}/pause", pause, SourceShown, writes=True),
    ApiRoute("POST", f"{_ONE}/resume", resume, SourceShown, body=Resumption, writes=True),
    ApiRoute("POST", f"{_ONE}/test", test, TriedShown, body=Tried, writes=True),
    ApiRoute("GET", f"{_ONE}/examples", vectors, Vectors, writes=True),
    ApiRoute("POST", f"{_ONE}/replay", replay, Messages, body=Replay, writes=True),
    ApiRoute("GET", f"{_ONE}/devices", devices, DevicesShown, writes=True),
    ApiRoute("POST", f"{_ONE}/devices", approve, Messages, body=Approval, writes=True),
    ApiRoute("GET", f"{_ONE}/dead-letters", letters, LettersShown, parameters=Page, writes=True),
)
