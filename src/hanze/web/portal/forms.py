"""Forms that change something: read within limits, and only from this very site.

A browser sends the session's cookie along whoever made the page, so each such form carries a token
that only pages of this site know, and the request must say that it comes from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from hanze.errors import Denied, InvalidInput
from hanze.web.portal.site import Visit

__all__ = [
    "FORM_FIELD",
    "FormRefused",
    "FormTooLarge",
    "Given",
    "NoDay",
    "is_from_here",
    "is_own_path",
    "read_form",
]

#: Name of the hidden field that holds `Visit.form_token`.
FORM_FIELD: Final = "form"
_MOST_BYTES: Final = 256 * 1024
_MOST_FIELDS: Final = 1_000


class FormTooLarge(InvalidInput):
    """A form is larger than any form of this site."""

    def __init__(self) -> None:
        super().__init__(f"A form has at most {_MOST_BYTES} bytes and {_MOST_FIELDS} fields")


class FormRefused(Denied):
    """A form was not sent from a page of this site, or from one of a session that ended."""

    def __init__(self) -> None:
        super().__init__("The form was not sent from this site. Open the page again and resend it")


class NoDay(InvalidInput):
    """What somebody wrote where a day is asked for is none."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name} must be a day, such as 2027-05-31", field=name, value=text[:100])


@dataclass(frozen=True)
class Given:
    """What somebody filled in.

    Attributes:
        values: By name of the field, in their order.
    """

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """The first value, without spaces around it; "" when there is none."""
        several = self.values.get(name, ())
        return several[0].strip() if several else ""

    def several(self, name: str) -> list[str]:
        """All values that say something, each once."""
        return list(dict.fromkeys(v for one in self.values.get(name, ()) if (v := one.strip())))

    def day(self, name: str) -> date | None:
        """The day in a field; `None` where nothing was written.

        Raises:
            NoDay: Something else was.
        """
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise NoDay(name, text) from None

    def __contains__(self, name: object) -> bool:
        return name in self.values


async def read_form(visit: Visit) -> Given:
    """Read the form of a request, after seeing that it comes from a page of this site.

    Raises:
        FormTooLarge: It is.
        FormRefused: It comes from elsewhere, or its page is of another session.
    """
    request = visit.request
    if not is_from_here(request, visit.site.node.settings.server.base_url):
        raise FormRefused
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise FormTooLarge
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise FormTooLarge from error
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        # Browsers send line ends as CR LF.
        values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    given = Given(values)
    if not visit.is_form_token(given.text(FORM_FIELD)):
        raise FormRefused
    return given


def is_from_here(request: Request, base_url: str) -> bool:
    """Tell whether a request says that it comes from a page of this site.

    Names of hosts are compared only: before the node another server may end the encryption.
    """
    origin = request.headers.get("origin", "")
    host = urlsplit(origin).netloc.lower()
    own = {request.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()} - {""}
    return host in own


def is_own_path(path: str) -> bool:
    """Tell whether a path leads to a page of this very site: what begins with // leads elsewhere."""
    return path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
