"""The portal as a whole: its templates and parts, and what one visit to it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

import shapely
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hanze.errors import HanzeError
from hanze.governance.activation import require_active
from hanze.governance.duties import has_duty
from hanze.identity.account import Account
from hanze.identity.caller import Caller
from hanze.identity.purpose import PurposeNotHeld
from hanze.identity.roles import AUDITOR, OWNER, SECURITY_OFFICER, STEWARD
from hanze.ngsild.context import Context
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.web.caller import caller_of, for_purpose
from hanze.web.portal.formats import Formats
from hanze.web.portal.places import Places
from hanze.web.portal.reading import Reader, Surroundings
from hanze.web.portal.sessions import Sessions, cookie_name
from hanze.web.portal.topology import read_countries
from hanze.web.portal.translation import LANGUAGES, Language, language, preferred
from hanze.web.portal.values import Speaker
from hanze.web.tracing import traced
from hanze.web.visitor import visitor_address

if TYPE_CHECKING:
    from hanze.identity.passkeys import Passkeys

__all__ = ["STATIC", "THEMES", "THEME_COOKIE", "Site", "Visit"]

STATIC = Path(str(resources.files("hanze.web.portal") / "static"))
THEME_COOKIE = "hanze-theme"
THEMES = ("auto", "light", "dark")
#: About 20 MB.
_KEPT_PLACES = 20_000
#: Most visitors may read the same.
_KEPT_SURROUNDINGS = 4


@dataclass
class Site:
    """What every page shares.

    Attributes:
        node: The node that is shown.
        countries: Of the base map; empty without the npm packages.
        interactive: Whether MapLibre is there.
        surroundings: By tenant and what may be read of it: the base map and names, kept while the
            data says the same.
        places: By tenant: places that maps showed before.
        told: Events of live values that were written lately, by all that they say.
    """

    node: Node
    countries: tuple[shapely.Geometry, ...]
    interactive: bool
    surroundings: dict[tuple[str, int], Surroundings] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)
    told: dict[tuple[object, ...], str] = field(default_factory=dict)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        limits = self.node.settings.identity
        return Sessions(
            self.node.tokens,
            self.node.entrance.accounts,
            lambda: self.node.clock(),  # noqa: PLW0108  # as it is then: tests move it
            hours=limits.session_hours,
            idle_minutes=limits.idle_minutes,
        )

    @cached_property
    def passkeys(self) -> "Passkeys":
        """Makes passkeys, and lets people in with them."""
        # Loading what reads them takes 0.2 s, and many nodes never do.
        from hanze.identity.passkeys import Passkeys  # noqa: PLC0415

        return Passkeys(self.node.entrance.accounts, self.node.settings.portal.title)

    @classmethod
    def of(cls, node: Node) -> "Site":
        vendor = STATIC / "vendor"
        return cls(
            node=node,
            countries=read_countries(vendor / "countries-50m.json"),
            interactive=(vendor / "maplibre-gl.mjs").is_file(),
        )

    @cached_property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.node.settings.portal.timezone)

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        return {code: _environment(code) for code in LANGUAGES}

    @cached_property
    def design_system(self) -> bool:
        """Whether the style sheet of the NL Design System parts was built."""
        return (STATIC / "vendor" / "design-system.css").is_file()


@dataclass(frozen=True)
class Visit:
    """One request for a page.

    Attributes:
        site: The portal.
        request: As Starlette gives it.
        language: Of the page.
        now: When it was asked for, as DateTime text.
        context: In which types and attributes are named.
        zone: In which times are shown, where it is not the portal's own.
    """

    site: Site
    request: Request
    language: Language
    now: str
    context: Context = HANZE
    zone: tzinfo | None = None

    @classmethod
    def of(cls, site: Site, request: Request) -> "Visit":
        return cls(site, request, language_of(request), site.node.clock())

    @cached_property
    def caller(self) -> Caller:
        """Who visits: by the header, else by the session."""
        header = self.request.headers.get("authorization")
        signed_in = None if header or not self.session else self.site.sessions.caller(self.session)
        if signed_in is None:
            found = caller_of(
                self.site.node,
                header.encode("latin-1") if header else None,
                "",
                scope=self.request.scope,
            )
            return traced(found, None)
        # As with tokens: what is bound to a project does nothing until that is active.
        require_active(self.site.node.governance.rules, signed_in)
        if signed_in.purposes:
            chosen = self.site.sessions.purpose(self.session)
            try:
                signed_in = for_purpose(self.site.node, signed_in, chosen)
            except PurposeNotHeld:
                # It was registered when it was chosen: another one has to be.
                self.site.sessions.choose(self.session, None)
                signed_in = for_purpose(self.site.node, signed_in, None)
        return traced(signed_in, None)

    @property
    def may_write(self) -> bool:
        return "writer" in self.caller.roles

    @property
    def starts_closed(self) -> bool:
        """Tell whether what nobody decided about is closed: everywhere but with `--dev`."""
        return not self.site.node.settings.server.dev

    @property
    def may_steward(self) -> bool:
        """Whether the steward's desk is for this visitor; as `may_audit`."""
        return self._has_duty(STEWARD, OWNER)

    @property
    def may_audit(self) -> bool:
        """Whether the log is for this visitor; also told on pages that say who is refused."""
        return self._has_duty(AUDITOR, SECURITY_OFFICER)

    def _has_duty(self, *roles: str) -> bool:
        try:
            return has_duty(self.caller, *roles)
        except HanzeError:
            return False

    @property
    def signed_in(self) -> bool:
        """Whether there is a session that can be ended."""
        return bool(self.session) and self.site.sessions.caller(self.session) is not None

    @property
    def account(self) -> Account | None:
        """The account of who is signed in with one."""
        return self.site.sessions.account(self.session) if self.session else None

    @property
    def form_token(self) -> str:
        """What every form that changes something carries (`forms.read_form`)."""
        return self.site.sessions.form_token(self.session)

    def is_form_token(self, given: str) -> bool:
        return self.site.sessions.is_form_token(self.session, given)

    @property
    def session(self) -> str:
        """The id of the visitor's session; "" for none."""
        return self.request.cookies.get(self.session_cookie, "")

    @property
    def session_cookie(self) -> str:
        """The name of the cookie that holds it."""
        return cookie_name(encrypted=self.encrypted)

    @property
    def encrypted(self) -> bool:
        """Whether the reader reaches the node over HTTPS."""
        return self.base_url.startswith("https:")

    @property
    def address(self) -> str:
        """Where the visitor comes from, for limits alone."""
        return visitor_address(self.site.node, self.request)

    @cached_property
    def speaker(self) -> Speaker:
        moment = datetime.fromisoformat(self.now).astimezone(UTC)
        zone = self.zone or self.site.zone
        return Speaker(self.language, Formats(self.language.locale, zone, moment))

    @property
    def base_url(self) -> str:
        """Say under which address a reader reaches the API."""
        configured: str = self.site.node.settings.server.base_url
        return configured or str(self.request.base_url).rstrip("/")

    async def reader(self) -> tuple[Reader, Surroundings]:
        """Make the reader of this visit, and have the surroundings at hand."""
        tenant = self.caller.tenant
        places = self.site.places.setdefault(tenant, Places(_KEPT_PLACES))
        reader = Reader(self.site.node.store, self.caller, self.now, places)
        known = self.site.surroundings
        key = (tenant, reader.mark)
        found = await reader.surroundings(known.get(key))
        while key not in known and len(known) >= _KEPT_SURROUNDINGS:
            known.pop(next(iter(known)))
        known[key] = found
        return reader, found

    def entity_path(self, entity_id: str) -> str:
        return f"/{self.language.code}/entity/{quote(entity_id, safe='')}"

    def history_path(self, entity_id: str, attribute: str = "") -> str:
        path = f"/{self.language.code}/history/{quote(entity_id, safe='')}"
        return path + (f"?attribute={quote(attribute, safe=':')}" if attribute else "")

    def type_path(self, type_iri: str) -> str:
        name = self.context.compact_name(type_iri)
        return f"/{self.language.code}/data/{quote(name, safe='')}"

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a page."""
        chosen = self.request.cookies.get(THEME_COOKIE, "auto")
        raw_path = self.request.scope.get("raw_path", b"/").decode("latin-1").partition("?")[0]
        rest = raw_path.removeprefix(f"/{self.language.code}")
        query = self.request.url.query
        html = (
            self.site.environments[self.language.code]
            .get_template(template)
            .render(
                visit=self,
                lang=self.language.code,
                formats=self.speaker.formats,
                title_of_node=self.site.node.settings.portal.title,
                theme=chosen if chosen in THEMES else "auto",
                languages=[language(code) for code in LANGUAGES],
                rest=(rest if rest.startswith("/") else "/") + (f"?{query}" if query else ""),
                interactive=self.site.interactive,
                design_system=self.site.design_system,
                **values,
            )
        )
        return HTMLResponse(
            html, status_code=status, headers={"content-language": self.language.code}
        )


def language_of(request: Request) -> Language:
    """Take the language from the address, else from what the browser prefers."""
    first = request.url.path.split("/")[1]
    if first in LANGUAGES:
        return language(first)
    return language(preferred(request.headers.get("accept-language", "")))


@cache
def _environment(code: str) -> Environment:
    """Read templates in a language: what they compile to is the same for all nodes of a process."""
    environment = Environment(
        loader=PackageLoader("hanze.web.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language(code).texts, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    return environment
