"""A bare ASGI application on the same uvicorn: the least that any Python node costs.

`PUT /NAME` sets what `/NAME?...` answers from then on, with the status in the header `x-status`. A
request's body is read and thrown away.
"""

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_answers: dict[str, tuple[int, list[tuple[bytes, bytes]], bytes]] = {}


async def _read(receive: _Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def application(scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
    name = scope["path"]
    body = await _read(receive)
    if scope["method"] == "PUT":
        status = int(dict(scope["headers"])[b"x-status"])
        headers = [(b"content-type", b"application/json")]
        # Only 204 has no length: wrk would wait for a body otherwise.
        if status != 204:
            headers.append((b"content-length", str(len(body)).encode()))
        _answers[name] = (status, headers, body)
        status, headers, body = 204, [], b""
    else:
        status, headers, body = _answers[name]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        print(f"Listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            application,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            access_log=False,
            log_level="warning",
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
