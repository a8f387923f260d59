"""Under which address sources reach a node, as far as the node can know it."""

import pytest

from hanze.node.forwarding import callback_base


@pytest.mark.parametrize(
    ("configured", "listening", "endpoint", "known"),
    [
        ("https://city.example", "http://127.0.0.1:1", "http://there", "https://city.example"),
        ("", "http://127.0.0.1:1", "http://localhost:2", "http://127.0.0.1:1"),
        ("", "http://[::1]:1", "http://127.0.0.1:2", "http://[::1]:1"),
        ("", "http://127.0.0.1:1", "http://there", None),
        ("", "http://0.0.0.0:1", "http://127.0.0.1:2", None),
        ("", "http://[::]:1", "http://there", None),
        ("", "http://10.0.0.1:1", "http://there", "http://10.0.0.1:1"),
        ("", "http://city.example:1", "http://there", "http://city.example:1"),
        ("", "", "http://there", None),
    ],
)
def test_callback_base_should_name_an_address_only_when_it_leads_here(
    configured: str, listening: str, endpoint: str, known: str | None
) -> None:
    assert callback_base(configured, listening, endpoint) == known
