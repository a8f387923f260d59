"""Following one source: asking it in turns, or listening at its broker; pushed messages just come."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from hanze import __version__
from hanze.connectors.spool import SpoolFull
from hanze.connectors.streaming import Message, Options, Request
from hanze.errors import HanzeError
from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.node.source_state import Following
from hanze.transport.listening import Arrived, Broker, broker_of, listen
from hanze.transport.polling import Fetched, FetchFailed, Poller, Validators

__all__ = ["follow"]

#: Pages of one turn; a source that goes on for ever must not.
_MOST_PAGES: Final = 1_000
#: Pages of one turn that may fail, one after the other, before the others are left for the next.
_MOST_FAILURES: Final = 5
_SHORTEST_S: Final = 1.0
#: A message waits so long in memory before it is tried again whether the spool has room.
_FULL_S: Final = 0.5
_LONGEST_WAIT_S: Final = 900.0
#: A connection that held this long starts anew with short waits.
_STEADY_S: Final = 60.0


async def follow(node: Node, following: Following) -> None:
    """Bring what a source has into the spool, until it is cancelled."""
    if following.how == "poll":
        await _poll(node, following)
    elif following.how == "mqtt":
        await _listen(node, following)
    else:
        await _say(node, following, "takes what is pushed")
        await asyncio.Event().wait()


async def _say(node: Node, following: Following, connection: str, error: str = "") -> None:
    """Tell how it stands; what goes wrong is remembered until it goes well."""
    name = following.record.name
    before = node.sources.connections.get(name)
    node.sources.connections[name] = connection
    if error:
        await node.sources.spool.note_error(name, error, parse_datetime(node.clock()))
    elif before is not None and before.startswith("tries again"):
        await node.sources.spool.note_error(name, "", None)


async def _keep(node: Node, following: Following, message: Message) -> None:
    """Put a message into the spool; a full one makes it wait, since nothing may be lost."""
    while True:
        try:
            await node.sources.spool.put(message)
        except SpoolFull as error:
            await _say(node, following, "tries again: the spool is full", str(error))
            await asyncio.sleep(_FULL_S)
        else:
            return


# --- asking ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Known:
    """An answer that was had.

    Attributes:
        validators: To ask whether it changed.
        following: The pages that it names.
        until: Moment of the monotonic clock until which it stays as it is, as the source says.
    """

    validators: Validators
    following: Sequence[Request]
    until: float


@dataclass(slots=True)
class _Turns:
    """What is remembered between the turns of one source."""

    poller: Poller
    options: Options
    header: dict[str, str]
    started: float = 0.0
    known: dict[str, _Known] = field(default_factory=dict)
    failures: int = 0


async def _poll(node: Node, following: Following) -> None:
    sources = node.sources
    options = sources.files.resolved(following.connector, following.options)
    turns = _Turns(
        poller=Poller(
            allow_private=sources.allow_private,
            max_bytes=sources.max_bytes,
            timeout_s=sources.settings.timeout_s,
            user_agent=f"hanze/{__version__} ({following.record.name})",
        ),
        options=options,
        header=_header(str(options.get("header", ""))),
    )
    every_s = max(float(options["every_s"]), _SHORTEST_S)
    await _say(node, following, "asks for the first time")
    while True:
        started = turns.started = time.monotonic()
        try:
            wait_s = max(await _turn(node, following, turns), every_s)
            turns.failures = 0
            await _say(node, following, f"asks every {every_s:g} s")
        except HanzeError as error:
            turns.failures += 1
            asked_s = getattr(error, "retry_after_s", None) or 0.0
            wait_s = max(_growing(turns.failures), min(every_s, _LONGEST_WAIT_S), asked_s)
            # With the reason: what is stored well meanwhile takes the last error away.
            again = f"tries again in {wait_s:.0f} s: {error}"
            await _say(node, following, again, str(error))
        # A little later each time: many nodes must not ask one service in the same second.
        wait_s += random.uniform(0.0, min(wait_s * 0.05, 10.0))  # noqa: S311  # no secret
        await asyncio.sleep(max(wait_s - (time.monotonic() - started), 0.1))


async def _turn(node: Node, following: Following, turns: _Turns) -> float:
    """Ask once, with all pages; return for how many seconds all of it stays as it is.

    A page that fails does not keep the others from being read; the turn fails all the same.
    """
    connector = following.connector
    if connector.requests is not None:
        waiting = list(connector.requests(turns.options, node.clock()))
    else:
        waiting = [Request(url=str(turns.options["url"]))]
    hosts = {urlsplit(one.url).hostname for one in waiting}
    known: dict[str, _Known] = {}
    seen: set[str] = set()
    failed: HanzeError | None = None
    failures = 0
    while waiting:
        request = waiting.pop(0)
        if request.url in seen:
            continue
        if urlsplit(request.url).hostname not in hosts:
            # A source may not send the node, with the keys that it has for it, to other hosts.
            raise FetchFailed(request.url, "the page before it is at another host")
        seen.add(request.url)
        if len(seen) > _MOST_PAGES:
            raise FetchFailed(request.url, f"it has more than {_MOST_PAGES} pages")
        try:
            known[request.url] = await _page(node, following, turns, request)
            waiting += known[request.url].following
        except FetchFailed as error:
            failed, failures = failed or error, failures + 1
            if not known or failures >= _MOST_FAILURES or error.retry_after_s is not None:
                raise
        else:
            failures = 0
    # Addresses with a moment in them are other ones each turn: only the last turn's are kept.
    turns.known = known
    if failed is not None:
        raise failed
    return min((one.until for one in known.values()), default=0.0) - turns.started


async def _page(node: Node, following: Following, turns: _Turns, request: Request) -> _Known:
    """Bring one answer into the spool, unless it is still as it was."""
    connector = following.connector
    before = turns.known.get(request.url)
    if before is not None and turns.started < before.until:
        return before
    message, fetched = await _fetched(node, following, turns, request)
    fresh_s = fetched.fresh_s or 0.0
    if message is None:
        # It is as it was: so are the pages that it names, but not what stands in them.
        same = before or _Known(fetched.validators, (), 0.0)
        return _Known(same.validators, same.following, turns.started + _bounded(fresh_s))
    told = following.message(message)
    if connector.pause_s is not None:
        fresh_s = max(connector.pause_s(told) or 0.0, fresh_s)
    await _keep(node, following, message)
    more = connector.following(told) if connector.following is not None else ()
    # Only what is in the spool is known: after a crash it is asked for again.
    return _Known(fetched.validators, more, turns.started + _bounded(fresh_s))


def _bounded(fresh_s: float) -> float:
    return min(fresh_s, _LONGEST_WAIT_S * 4)


async def _fetched(
    node: Node, following: Following, turns: _Turns, request: Request
) -> tuple[Message | None, Fetched]:
    before = turns.known.get(request.url)
    fetched = await turns.poller.fetch(
        request.url,
        headers={**turns.header, **request.headers},
        media_types=request.media_types,
        known=before.validators if before is not None else None,
    )
    if fetched.body is None:
        return None, fetched
    message = Message(
        source=following.record.name,
        received_at=node.clock(),
        body=fetched.body,
        content_type=fetched.content_type,
        topic=request.topic or urlsplit(request.url).path,
    )
    return message, fetched


def _header(text: str) -> dict[str, str]:
    name, colon, value = text.partition(":")
    return {name.strip(): value.strip()} if colon else {}


def _growing(failures: int) -> float:
    return min(2.0 ** min(failures, 10), _LONGEST_WAIT_S)


# --- listening ------------------------------------------------------------------------------------


async def _listen(node: Node, following: Following) -> None:
    broker = _broker(node, following)
    failures = 0
    await _say(node, following, f"connects to {broker.place}")
    while True:
        started = time.monotonic()

        async def keep(arrived: Arrived) -> None:
            await _arrived(node, following, arrived)

        async def connected() -> None:
            await _say(node, following, f"listens at {broker.place}")

        try:
            await listen(
                broker, keep, connected=connected, allow_private=node.sources.allow_private
            )
        except HanzeError as error:
            failures = 0 if time.monotonic() - started > _STEADY_S else failures + 1
            wait_s = _growing(failures) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
            # With the reason: what is stored well meanwhile takes the last error away.
            again = f"tries again in {wait_s:.0f} s: {error}"
            await _say(node, following, again, str(error))
            await asyncio.sleep(wait_s)


def _broker(node: Node, following: Following) -> Broker:
    options = node.sources.files.resolved(following.connector, following.options)
    name = following.record.name
    found = broker_of(
        str(options["url"]),
        str(options["topic"]),
        client_id=str(options["client_id"]) or f"hanze-{node.alias.removeprefix('hanze-')}-{name}",
        protocol=str(options["protocol"]),
        qos=int(options["qos"]),
        session_s=int(options["session_s"]),
    )
    return Broker(
        scheme=found.scheme,
        host=found.host,
        port=found.port,
        topics=found.topics,
        client_id=found.client_id,
        version=found.version,
        qos=found.qos,
        username=str(options["username"]) or None,
        password=str(options["password"]) or None,
        ca=str(options["ca"]),
        session_s=found.session_s,
    )


async def _arrived(node: Node, following: Following, arrived: Arrived) -> None:
    if len(arrived.payload) > node.sources.max_bytes:
        size = len(arrived.payload) >> 20
        await _say(
            node,
            following,
            node.sources.connections.get(following.record.name, ""),
            f"A message of {size} MB on {arrived.topic[:100]} is larger than the setting "
            "sources.max_message_mb allows, and was not taken",
        )
        return
    await _keep(
        node,
        following,
        Message(
            source=following.record.name,
            received_at=node.clock(),
            body=arrived.payload,
            content_type=arrived.content_type,
            topic=arrived.topic,
        ),
    )
