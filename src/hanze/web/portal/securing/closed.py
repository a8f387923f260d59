"""What a visitor reads in an emergency, where pages wait: written once for each language."""

from functools import lru_cache
from html import escape

from hanze.web.portal.translation import LANGUAGES, language

__all__ = ["closed_page"]


@lru_cache(maxsize=32)
def closed_page(code: str, title: str) -> bytes:
    """Write the page.

    Args:
        code: As the address begins; what is no language is English.
        title: Of the node.
    """
    chosen = language(code if code in LANGUAGES else LANGUAGES[0])
    gettext = chosen.texts.gettext
    heading = gettext("There is an emergency")
    first = gettext("These pages wait, so that help comes first. Please try again later.")
    second = gettext("What happened")
    return (
        f'<!DOCTYPE html>\n<html lang="{chosen.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)} · {escape(title)}</title>"
        '<link rel="stylesheet" href="/static/portal.css"></head>'
        f'<body><main class="wide text"><h1>{escape(heading)}</h1><p>{escape(first)}</p>'
        f'<p><a href="/{chosen.code}/security">{escape(second)}</a></p></main></body></html>\n'
    ).encode()
