"""Who may reach a node, and how its address is written."""

import socket

import msgspec
import pytest

from hanze.cli.listening import (
    CannotListen,
    DevelopmentExposed,
    SecurityUnnamed,
    TokenMissing,
    check_exposure,
    listen,
    url_of,
)
from hanze.settings import Security, Server

NAMED = Security(
    ciso="K. de Vries", contact="mailto:security@city.example", policy="https://city.example/cvd"
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
@pytest.mark.parametrize("dev", [True, False])
def test_check_exposure_should_allow_loopback_without_a_token(host: str, dev: bool) -> None:
    check_exposure(Server(host=host, dev=dev), Security(), has_token=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7"])
def test_check_exposure_should_want_a_token_beyond_loopback(host: str) -> None:
    check_exposure(Server(host=host), NAMED, has_token=True)
    with pytest.raises(TokenMissing, match=host):
        check_exposure(Server(host=host), NAMED, has_token=False)
    with pytest.raises(DevelopmentExposed, match=host):
        check_exposure(Server(host=host, dev=True), NAMED, has_token=True)


@pytest.mark.parametrize("missing", ["ciso", "contact", "policy"])
def test_check_exposure_should_want_who_answers_for_security(missing: str) -> None:
    named = msgspec.structs.replace(NAMED, **{missing: ""})
    with pytest.raises(SecurityUnnamed, match=f"security.{missing}") as caught:
        check_exposure(Server(host="0.0.0.0"), named, has_token=True)
    assert caught.value.missing == (f"security.{missing}",)
    check_exposure(Server(host="127.0.0.1"), named, has_token=True)


def test_listen_should_refuse_a_taken_port() -> None:
    with listen(Server(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            listen(Server(port=port))
    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)


def test_listen_should_refuse_a_host_without_an_address() -> None:
    with pytest.raises(CannotListen, match=r"no\.such\.host\.invalid"):
        listen(Server(host="no.such.host.invalid", port=0))


@pytest.mark.parametrize(
    ("server", "start"),
    [
        (Server(host="127.0.0.1"), "http://127.0.0.1:"),
        (Server(host="::1"), "http://[::1]:"),
        (Server(host="::1", tls_certificate="chain.pem"), "https://[::1]:"),
    ],
)
def test_url_of_should_name_the_host_as_it_was_given(server: Server, start: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        assert url_of(server, sock) == f"{start}{sock.getsockname()[1]}"
