"""Run a node in this process until it is stopped."""

import asyncio
import gc
import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import uvloop

from hanze.cli.first_account import first_link, tell_first_link
from hanze.cli.listening import check_exposure, listen, tls_of, url_of
from hanze.cli.logs import start_logging
from hanze.node.clock import utc_now
from hanze.node.identity import open_accounts
from hanze.node.node import Node, close_node, open_node
from hanze.node.tokens import open_tokens
from hanze.settings import Server, Settings
from hanze.web.app import build_app
from hanze.web.server import ServerLimits, TlsFiles, make_server
from hanze.worker.loops import run_worker

__all__ = ["Step", "run_node"]

_log = logging.getLogger(__name__)

_CONNECTIONS = 65_536

Step = Callable[[Node], Coroutine[None, None, None]]

#: How many objects may arise before the collector looks at the youngest, and so on.
_COLLECTING = (10_000, 20, 50)


async def _nothing(_: Node) -> None:
    return None


def run_node(
    settings: Settings,
    *,
    ready: Callable[[str], None],
    prepare: Step = _nothing,
    live: Step = _nothing,
) -> None:
    """Run a node until a signal stops it; what is being answered then is answered first.

    Args:
        settings: The node's settings.
        ready: Called with the node's address once it answers requests.
        prepare: Done before that.
        live: Done meanwhile; if it fails, that is logged and the node goes on.

    Raises:
        CannotListen: The port is taken, or is none of this machine.
        CertificateUnusable: HTTPS is asked for with files that do not serve for it.
        DevelopmentExposed: Everyone could write, from elsewhere too.
        TokenMissing: The node could be reached from elsewhere, and nobody could write.
        SecurityUnnamed: Nor is anybody named who answers for its security.
        StoreFailure: The data directory is in use, cannot be written, or is of a newer version.
    """
    start_logging(settings.log.level)
    _allow_connections()
    has_token = open_tokens(settings.data).any_active(now=utc_now()) or any(
        account.state == "active" for account in open_accounts(settings.data).records()
    )
    check_exposure(settings.server, settings.security, has_token=has_token)
    tls = tls_of(settings)
    # The port is taken first: opening the store of a large city takes seconds.
    with listen(settings.server) as sock, asyncio.Runner(loop_factory=uvloop.new_event_loop) as run:
        run.run(_serve(settings, sock, ready, tls=tls, prepare=prepare, live=live))


async def _serve(
    settings: Settings,
    sock: socket.socket,
    ready: Callable[[str], None],
    *,
    tls: TlsFiles | None,
    prepare: Step,
    live: Step,
) -> None:
    url = url_of(settings.server, sock)
    node = await open_node(settings)
    try:
        node.base_url = settings.server.base_url or url
        await prepare(node)
        link = await first_link(node)

        def listening() -> None:
            ready(url)
            if link is not None:
                tell_first_link(node.base_url, link)

        server = make_server(
            build_app(node),
            _limits(settings.server),
            tls=tls,
            ready=listening,
            stopping=lambda: _end_waiting(node),
        )
        _calm_collector()
        async with _meanwhile(run_worker(node)), _meanwhile(live(node)):
            await server.serve(sockets=[sock])
    finally:
        await close_node(node)
        # What was set aside is let go as well: DuckDB complains of what is there when it ends.
        gc.unfreeze()


def _end_waiting(node: Node) -> None:
    """Answer those who wait for something to change: they must not keep the node from ending."""
    node.live.close()
    node.giving.close()


def _allow_connections() -> None:
    """Have as many files open as the system allows: each connection is one.

    Systems give 1,024 unless they are asked, and often allow many more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, _CONNECTIONS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Some systems give less than they say.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _calm_collector() -> None:
    """Let the collector of cycles do less.

    Requests make many objects and few cycles, yet with Python's settings the collector takes 25 %
    of a batch, 10 % of a create, and walks all modules and the whole index for it. What the node
    starts with stays, so it is set aside.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTING)


@asynccontextmanager
async def _meanwhile(coroutine: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run something beside the server; its failure is told, and the node stays up."""

    async def guarded() -> None:
        try:
            await coroutine
        except Exception:  # noqa: BLE001  # the outermost loop of what runs in the background
            _log.exception("A background task ended")

    task = asyncio.create_task(guarded())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _limits(server: Server) -> ServerLimits:
    return ServerLimits(
        head_bytes=server.max_header_kb * 1024,
        head_timeout_s=server.header_timeout_s,
        keep_alive_s=server.keep_alive_s,
        shutdown_s=server.shutdown_s,
    )
