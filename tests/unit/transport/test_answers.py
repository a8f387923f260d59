import httpx
import pytest

from hanze.transport.answers import detail_of, reason_of


@pytest.mark.clause("5.5.3")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"title": "Bad request data", "detail": "q is empty"}', "q is empty"),
        (b'{"title": "Bad request data"}', "Bad request data"),
        (b"[]", "The node answers with status 400"),
        (b"<html>", "The node answers with status 400"),
        (b"", "The node answers with status 400"),
    ],
)
def test_detail_should_be_what_a_problem_says(body: bytes, said: str) -> None:
    assert detail_of(httpx.Response(400, content=body)) == said


def test_reason_should_name_an_error_without_text() -> None:
    assert reason_of(httpx.ConnectError("refused")) == "refused"
    assert reason_of(httpx.ReadTimeout("")) == "ReadTimeout"
