"""Large answers of a running node, as they come; and large files that are sent to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from hanze.cli.asking import AskFailed, AskRefused, NodeUnreachable
from hanze.cli.options import read_token
from hanze.cli.progress import bar
from hanze.errors import ConfigurationError
from hanze.transport.answers import detail_of, reason_of

__all__ = ["received", "sent"]

#: A node may work for a while before it answers; what is silent for longer is dead.
_TIMEOUT_S: Final = 600.0
_PIECE: Final = 1 << 20

#: How long an answer will be, as the node reckons where it does not know yet.
EXPECTED_BYTES: Final = "hanze-expected-bytes"


@contextmanager
def received(
    url: str,
    method: str,
    path: str,
    *,
    token_file: Path | None,
    what: str,
    parameters: Mapping[str, str | list[str]] | None = None,
    tenant: str = "",
) -> Iterator[Iterator[bytes]]:
    """Ask, and give the answer piece by piece, with a bar.

    Args:
        what: Is done: "Exporting".

    Raises:
        NodeUnreachable: Nobody answers, or the answer breaks off.
        AskRefused: What was asked is wrong, or may not be asked.
        AskFailed: The node could not answer.
    """
    try:
        with (
            _client(url, token_file, tenant) as client,
            client.stream(method, path, params=dict(parameters or {})) as answer,
            bar(what, bytes_=True) as advance,
        ):
            _check(answer)
            told = answer.headers.get("content-length", answer.headers.get(EXPECTED_BYTES, ""))
            total = int(told) if told.isdigit() else None

            def pieces() -> Iterator[bytes]:
                done = 0
                for piece in answer.iter_raw(_PIECE):
                    done += len(piece)
                    advance(done, None if total is None else max(total, done))
                    yield piece

            yield pieces()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NodeUnreachable(url, reason_of(error)) from error


def sent(
    url: str,
    path: str,
    file: Path,
    *,
    token_file: Path | None,
    what: str,
    content_type: str,
    tenant: str = "",
) -> bytes:
    """Send a file piece by piece, with a bar, and return the answer.

    Raises:
        NodeUnreachable: Nobody answers.
        AskRefused: The node does not take it.
        AskFailed: The node could not take it.
    """
    size = file.stat().st_size
    with bar(what, bytes_=True) as advance:

        def pieces() -> Iterator[bytes]:
            with file.open("rb") as read:
                while piece := read.read(_PIECE):
                    yield piece
                    advance(read.tell(), size)

        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        try:
            with _client(url, token_file, tenant) as client:
                answer = client.post(path, content=pieces(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NodeUnreachable(url, reason_of(error)) from error
    _check(answer)
    return answer.content


def _client(url: str, token_file: Path | None, tenant: str) -> httpx.Client:
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--url must begin with http:// or https://, not be {url}")
    headers = {"NGSILD-Tenant": tenant} if tenant else {}
    if token_file is not None:
        headers["Authorization"] = f"Bearer {read_token(token_file)}"
    return httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT_S, headers=headers)


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    answer.read()
    detail = detail_of(answer)
    raise AskRefused(detail) if answer.is_client_error else AskFailed(detail)
