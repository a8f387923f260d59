"""Listening at an MQTT broker (3.1.1 and 5): a message is confirmed when it is kept, not before.

The library keeps a session at the broker under a stable client id, so that messages of QoS 1 wait
there while the node is away. Those of QoS 2 are taken as QoS 1: the library confirms the former
(PUBREC) before anybody could keep them, and what comes twice is seen to be a duplicate anyway.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiomqtt import Client, MqttError, ProtocolVersion
from aiomqtt import Message as MqttMessage
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hanze.errors import InvalidInput, Unavailable
from hanze.transport.addresses import AddressRefused
from hanze.transport.brokers import LONGEST_TOPIC, PORTS, named_context, reachable

__all__ = ["Arrived", "Broker", "BrokerUnreachable", "broker_of", "listen"]

_VERSIONS: Final[Mapping[str, ProtocolVersion]] = {
    "3.1.1": ProtocolVersion.V311,
    "5": ProtocolVersion.V5,
}
#: Messages that are kept together, and that a broker of MQTT 5 may send ahead.
_TOGETHER: Final = 500
#: Messages that are in memory while the spool is slow. Of QoS 1 a broker sends no more than 65,535
#: that are not confirmed; those of QoS 0 that come beyond it are lost, as QoS 0 allows.
_MOST_AHEAD: Final = 70_000
_KEEP_ALIVE_S: Final = 30
_TIMEOUT_S: Final = 20.0


class BrokerUnreachable(Unavailable):
    """A broker does not answer, does not let the node in, or the connection broke."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of a broker."""

    topic: str
    payload: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to listen, and as whom.

    Attributes:
        ca: Certificates (PEM) to trust instead of the system's.
        session_s: How long the broker (of MQTT 5) keeps messages while the node is away.
    """

    scheme: str
    host: str
    port: int
    topics: Sequence[str]
    client_id: str
    version: ProtocolVersion
    qos: int = 1
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str = ""
    session_s: int = 604_800

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


def broker_of(
    url: str, topics: str, *, client_id: str, protocol: str, qos: int, session_s: int
) -> Broker:
    """Read where to listen.

    Raises:
        InvalidInput: The address, a topic, the version or the QoS is wrong.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        host, port, parts = "", 0, urlsplit("")
    if not host or parts.username or parts.path not in ("", "/"):
        raise InvalidInput(
            "The address of a broker is mqtt://host:port or mqtts://host:port, with its user and "
            "topics in options of their own",
            field="options.url",
        )
    listed = topics.split()
    if not listed or any(len(one.encode()) > LONGEST_TOPIC or "\0" in one for one in listed):
        raise InvalidInput("A topic must be named, such as sensors/#", field="options.topic")
    if protocol not in _VERSIONS:
        raise InvalidInput(
            "The protocol must be 5 or 3.1.1", field="options.protocol", value=protocol
        )
    if qos not in (0, 1, 2):
        raise InvalidInput("The qos must be 0, 1 or 2", field="options.qos", value=qos)
    return Broker(
        scheme=parts.scheme,
        host=host,
        port=port,
        topics=tuple(listed),
        client_id=client_id,
        version=_VERSIONS[protocol],
        qos=min(qos, 1),
        session_s=session_s,
    )


async def listen(
    broker: Broker,
    keep: Callable[[Arrived], Awaitable[object]],
    *,
    connected: Callable[[], Awaitable[object]],
    allow_private: bool,
) -> None:
    """Listen until the connection breaks, which is what ends this.

    Args:
        keep: Keeps a message durably; it is confirmed to the broker when this returns. Of several
            messages it runs at the same time.
        connected: Called once the broker has confirmed what is listened to.

    Raises:
        BrokerUnreachable: It cannot be reached, refuses, or the connection broke.
    """
    secure = broker.scheme == "mqtts"
    tls = await named_context(broker.host, _trust(broker)) if secure else None
    try:
        address = await reachable(
            broker.host, broker.port, allow_private=allow_private, timeout_s=_TIMEOUT_S
        )
        client = _client(broker, address, tls)
        # aiomqtt has no way of its own to confirm later. Before the connection is made: what waits
        # at the broker comes at once.
        paho = client._client
        paho.manual_ack_set(True)
        async with client:
            await _subscribe(client, broker)
            await connected()
            messages = client.messages
            while True:
                batch = [await anext(messages)]
                while len(messages) and len(batch) < _TOGETHER:
                    batch.append(await anext(messages))
                await asyncio.gather(*(keep(_arrived(one)) for one in batch))
                for one in batch:
                    if one.qos:
                        paho.ack(one.mid, one.qos)
    except AddressRefused as error:
        raise BrokerUnreachable(
            f"{error}; the setting sources.allow_private lets the node go there"
        ) from error
    except (MqttError, OSError, ssl.SSLError, ValueError, StopAsyncIteration) as error:
        raise BrokerUnreachable(f"The broker {broker.place}: {_reason(error)}") from error
    finally:
        # The library forgets the socket of a handshake that fails.
        if tls is not None and tls.wrapped is not None:
            tls.wrapped.close()


def _client(broker: Broker, address: str, tls: ssl.SSLContext | None) -> Client:
    properties = None
    if broker.version is ProtocolVersion.V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.SessionExpiryInterval = broker.session_s
        properties.ReceiveMaximum = _TOGETHER
    return Client(
        address,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=broker.client_id,
        protocol=broker.version,
        # The session lives on at the broker: 3.1.1 says so here, 5 by `clean_start`.
        clean_session=None if properties is not None else False,
        clean_start=False if properties is not None else MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        max_queued_incoming_messages=_MOST_AHEAD,
        keepalive=_KEEP_ALIVE_S,
        timeout=_TIMEOUT_S,
        tls_context=tls,
        logger=_quiet(),
    )


async def _subscribe(client: Client, broker: Broker) -> None:
    for topic in broker.topics:
        answers = await client.subscribe(topic, qos=broker.qos)
        for answer in answers:
            code = answer if isinstance(answer, int) else answer.value
            if code >= 0x80:
                raise MqttError(f"it does not let the node listen to {topic[:100]}")


def _arrived(message: MqttMessage) -> Arrived:
    payload = message.payload
    properties = message.properties
    content_type = getattr(properties, "ContentType", "") if properties is not None else ""
    return Arrived(
        topic=str(message.topic),
        payload=payload if isinstance(payload, bytes) else str(payload or "").encode(),
        content_type=str(content_type),
    )


def _trust(broker: Broker) -> Callable[[ssl.SSLContext], object]:
    if broker.ca:
        return lambda context: context.load_verify_locations(cadata=broker.ca)
    return ssl.SSLContext.load_default_certs


def _quiet() -> logging.Logger:
    """Keep its own messages out of the log: they hold topics; what matters is told by errors."""
    logger = logging.getLogger(f"{__name__}.client")
    logger.setLevel(logging.CRITICAL)
    return logger


def _reason(error: BaseException) -> str:
    if isinstance(error, MqttError) and error.__cause__ is not None:
        return f"the connection broke ({str(error.__cause__)[:200] or 'closed'})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or "it cannot be connected to"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate cannot be trusted"
    return str(error)[:300]
