"""Nothing goes out before the log has what it must tell of it.

What is read stages records (`governance.gate`). An answer waits until these are durable; where they
cannot be written there is no answer, but a problem. Who staged nothing waits for nothing.
"""

from starlette.types import Message, Send

from hanze.errors import HanzeError
from hanze.governance.ports import Log
from hanze.web.problems import problem_body, problem_of

__all__ = ["SettledSend"]

_START = "http.response.start"
_BODY = "http.response.body"


class SettledSend:
    """Sends an answer piece by piece, each once what it tells of is accounted for.

    Args:
        log: Of the node; it is looked at from now on.
        send: As ASGI gives it.
    """

    def __init__(self, log: Log, send: Send) -> None:
        self._log = log
        self._send = send
        self._seen = log.staged
        self._started = False
        self._refused = False

    async def __call__(self, message: Message) -> None:
        """Send a message.

        Raises:
            StoreFailure: The log cannot be written, and the answer has begun: the connection is
                cut off, so that nobody takes what came for the whole.
        """
        if self._refused:
            return
        staged = self._log.staged
        if staged != self._seen:
            try:
                await self._log.settled()
            except HanzeError as error:
                if self._started:
                    raise
                self._refused = True
                await self._refuse(error)
                return
            self._seen = staged
        self._started = True
        await self._send(message)

    async def _refuse(self, error: HanzeError) -> None:
        body = problem_body(error)
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        status = problem_of(error).status
        await self._send({"type": _START, "status": status, "headers": headers})
        await self._send({"type": _BODY, "body": body})
