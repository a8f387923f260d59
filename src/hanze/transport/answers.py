"""What another node answers, said in a line."""

import httpx
import orjson

__all__ = ["detail_of", "reason_of"]


def detail_of(answer: httpx.Response) -> str:
    """Say what a refusal is about: what its problem tells (CIM 009, 5.5.3), else its status."""
    try:
        problem = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        problem = None
    if not isinstance(problem, dict):
        return f"The node answers with status {answer.status_code}"
    return str(problem.get("detail") or problem.get("title"))


def reason_of(error: Exception) -> str:
    """Say why there is no answer; some errors of a connection have no text."""
    return str(error) or type(error).__name__
