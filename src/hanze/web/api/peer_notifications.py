"""Where Context Sources notify of what was subscribed to at them on behalf of others (5.8.6)."""

from collections.abc import Mapping

from starlette.responses import Response

from hanze.broker.distribution.answers import read_json
from hanze.broker.distribution.subscriptions.errand import CALLBACK_PATH
from hanze.broker.distribution.via import passed_by
from hanze.errors import InvalidInput, MalformedBody
from hanze.web.api.frame import PREFIX, ApiRoute, Ask
from hanze.web.negotiation import Media, content_media, context_link

__all__ = ["ROUTES"]

_LONGEST_TOKEN = 100


async def take(ask: Ask) -> Response:
    """Take a notification of a Context Source; its subscriber is told, once this has answered.

    The address is the secret: nobody but the source was given it.
    """
    token = ask.path("token")[:_LONGEST_TOKEN]
    # Before anything is read or fetched on account of a stranger.
    ask.node.forwarding.intake.check(token)
    headers = ask.request.headers
    media = content_media(headers.get("content-type", "").encode("latin-1"), "POST")
    raw = await ask.content(ask.node.settings.distribution.max_answer_mb << 20)
    try:
        body = await read_json(raw)
    except InvalidInput as error:
        raise MalformedBody(f"The body cannot be used: {error}", clause="5.3.1") from error
    if not isinstance(body, Mapping):
        raise InvalidInput("The body must be a JSON object", clause="5.3.1")
    members = dict(body)
    reference = members.pop("@context", None)
    if media is Media.JSON:
        reference = context_link(", ".join(headers.getlist("link")).encode("latin-1") or None)
    context = await ask.node.contexts.resolve(reference)
    via = passed_by(", ".join(headers.getlist("via")))
    await ask.node.forwarding.intake.take(token, members, context, via=via)
    return Response(status_code=200)


ROUTES = (
    ApiRoute(
        "POST",
        f"{CALLBACK_PATH.removeprefix(PREFIX)}/{{token}}",
        take,
        takes=(Media.JSON.value, Media.LD_JSON.value),
        own_secret=True,
    ),
)
