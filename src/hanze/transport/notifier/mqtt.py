"""Notifications over MQTT 3.1.1 and 5, plain and over TLS (CIM 009, clause 7)."""

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson
from aiomqtt import Client, MqttError, ProtocolVersion

from hanze.broker.notification import Rendered
from hanze.transport.addresses import AddressRefused
from hanze.transport.brokers import LONGEST_TOPIC, PORTS, named_context, reachable
from hanze.transport.notifier.outcome import Outcome, Verdict

__all__ = ["MqttNotifier", "mqtt_message"]

_VERSIONS: Final[Mapping[str, ProtocolVersion]] = {
    "mqtt3.1.1": ProtocolVersion.V311,
    "mqtt5.0": ProtocolVersion.V5,
}
_QOS: Final[Mapping[str, int]] = {"0": 0, "1": 1, "2": 2}

#: A connection that nothing was sent over for so long is given up.
_IDLE_S: Final = 300.0

#: How long a broker may take to let go of a connection.
_GOODBYE_S: Final = 1.0


class _Broker(NamedTuple):
    """What one connection is for."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None
    version: ProtocolVersion


class _Place(NamedTuple):
    """Where a message goes."""

    broker: _Broker
    topic: str
    qos: int


@dataclass(slots=True)
class _Connection:
    """A kept connection; `watcher` ends when it breaks."""

    client: Client
    watcher: asyncio.Task[None]
    used: float

    async def publish(self, topic: str, payload: bytes, qos: int, *, timeout_s: float) -> None:
        """Publish, and wait for what `qos` promises; a connection that breaks ends that.

        Raises:
            MqttError: It cannot be published.
        """
        publishing = asyncio.ensure_future(
            self.client.publish(topic, payload, qos, timeout=timeout_s)
        )
        try:
            await asyncio.wait((publishing, self.watcher), return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise MqttError("the connection broke")
            await publishing
        finally:
            publishing.cancel()

    async def close(self) -> None:
        with contextlib.suppress(MqttError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self.client.__aexit__(None, None, None)
        # It has ended by now, and has seen why; unless the broker does not answer.
        await asyncio.wait((self.watcher,), timeout=_GOODBYE_S)
        self.watcher.cancel()


class MqttNotifier:
    """Publishes notifications; one connection for each broker, credentials and version.

    Args:
        allow_private: Whether private and loopback addresses may be sent to.
        trust: Makes the trust in certificates; the system's without it.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        trust: Callable[[ssl.SSLContext], None] = ssl.SSLContext.load_default_certs,
    ) -> None:
        self._allow_private = allow_private
        self._trust = trust
        self._connections: dict[_Broker, _Connection] = {}
        self._opening: dict[_Broker, asyncio.Task[_Connection]] = {}

    async def send(
        self,
        uri: str,
        message: Rendered,
        *,
        timeout_s: float,
        notifier_info: Sequence[tuple[str, str]] = (),
    ) -> Outcome:
        """Publish a notification, and wait for what its quality of service promises.

        Args:
            uri: `mqtt[s]://[user[:password]@]host[:port]/topic[/subtopic]*`.
            message: What is published, with its metadata.
            timeout_s: For everything, the connection too.
            notifier_info: "MQTT-Version" and "MQTT-QoS" (table 7.2-1).
        """
        try:
            place = _place(uri, tuple(notifier_info))
        except ValueError as error:
            return Outcome(Verdict.IMPOSSIBLE, str(error))
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._connection(place.broker)
                await connection.publish(
                    place.topic, mqtt_message(message), place.qos, timeout_s=timeout_s
                )
        except TimeoutError:
            return Outcome(Verdict.AWAY, f"no answer in {timeout_s:g} seconds")
        except AddressRefused as error:
            return Outcome(Verdict.AWAY, str(error))
        except (MqttError, OSError, UnicodeError) as error:
            await self._drop(place.broker)
            return Outcome(Verdict.AWAY, _reason(error))
        return Outcome(Verdict.SENT)

    async def close(self) -> None:
        """Let go of all connections."""
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for broker in list(self._connections):
            await self._drop(broker)

    async def close_idle(self) -> None:
        """Let go of connections that nobody uses any more."""
        now = asyncio.get_running_loop().time()
        for broker, connection in list(self._connections.items()):
            if now - connection.used > _IDLE_S:
                await self._drop(broker)

    async def _connection(self, broker: _Broker) -> _Connection:
        known = self._connections.get(broker)
        if known is not None and not known.watcher.done():
            known.used = asyncio.get_running_loop().time()
            return known
        opening = self._opening.get(broker)
        if opening is None:
            opening = self._opening[broker] = asyncio.create_task(self._reopen(broker))
            opening.add_done_callback(lambda task: self._opened(broker, task))
        # The library cannot be stopped while it connects: who waits no longer leaves it at that.
        return await asyncio.shield(opening)

    async def _reopen(self, broker: _Broker) -> _Connection:
        await self._drop(broker)
        made = self._connections[broker] = await self._open(broker)
        return made

    def _opened(self, broker: _Broker, task: asyncio.Task[_Connection]) -> None:
        self._opening.pop(broker, None)
        if not task.cancelled():
            task.exception()

    async def _open(self, broker: _Broker) -> _Connection:
        address = await reachable(broker.host, broker.port, allow_private=self._allow_private)
        secure = broker.scheme == "mqtts"
        tls = await named_context(broker.host, self._trust) if secure else None
        client = Client(
            address,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=f"hanze-{secrets.token_hex(8)}",
            protocol=broker.version,
            tls_context=tls,
            # Its own messages would hold topics; what matters is told by outcomes.
            logger=_quiet(),
        )
        try:
            await client.__aenter__()
        except BaseException:
            # The library forgets the socket of a handshake that fails.
            if tls is not None and tls.wrapped is not None:
                tls.wrapped.close()
            raise
        watcher = asyncio.create_task(_watch(client))
        return _Connection(client, watcher, asyncio.get_running_loop().time())

    async def _drop(self, broker: _Broker) -> None:
        connection = self._connections.pop(broker, None)
        if connection is not None:
            await connection.close()


def mqtt_message(message: Rendered) -> bytes:
    """Wrap a notification and what HTTP has as headers into one JSON object (7.2)."""
    metadata = {"Content-Type": message.content_type, **dict(message.headers)}
    return b'{"metadata":' + orjson.dumps(metadata) + b',"body":' + message.body + b"}"


async def _watch(client: Client) -> None:
    """End when the connection breaks; nothing is subscribed to, so that nothing else comes."""
    with contextlib.suppress(MqttError):
        async for _ in client.messages:
            pass


@lru_cache(maxsize=16_384)
def _place(uri: str, notifier_info: tuple[tuple[str, str], ...]) -> _Place:
    """Read where a message goes.

    Raises:
        ValueError: The endpoint or its `notifierInfo` is wrong; what it says holds no secret.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        raise ValueError("the endpoint is no mqtt or mqtts URI") from None
    if "#" in uri or "?" in uri:
        raise ValueError("the endpoint must name a topic without query and fragment")
    topic = unquote(parts.path.removeprefix("/"))
    if not host or not topic or set("+#\0") & set(topic):
        raise ValueError("the endpoint must name a host and a topic without + and #")
    if len(topic.encode()) > LONGEST_TOPIC:
        raise ValueError("the endpoint's topic is too long")
    told = dict(notifier_info)
    version = _VERSIONS.get(told.get("MQTT-Version", "mqtt5.0"))
    qos = _QOS.get(told.get("MQTT-QoS", "0"))
    if version is None or qos is None:
        raise ValueError("MQTT-Version must be mqtt3.1.1 or mqtt5.0, MQTT-QoS 0, 1 or 2")
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return _Place(_Broker(parts.scheme, host, port, user, password, version), topic, qos)


def _quiet() -> logging.Logger:
    logger = logging.getLogger(f"{__name__}.client")
    logger.setLevel(logging.ERROR)
    return logger


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the broker's certificate cannot be trusted"
    if isinstance(error, MqttError):
        # Of the protocol: "[code:135] Not authorized"; it quotes nothing that was sent.
        return f"the broker cannot be told: {str(error)[:200]}"
    if isinstance(error, OSError):
        return error.strerror or "the broker cannot be connected to"
    return "the host's name is not valid"
