"""The settings of who comes in: sessions, tokens, and signing in elsewhere."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["Identity"]

_URL = r"^(https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/[^\s?#]*)?)?$"


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session_hours: Annotated[
        float, Meta(description="Hours after which whoever signed in does so again.", gt=0, le=12)
    ] = 8.0
    idle_minutes: Annotated[
        float,
        Meta(description="Minutes without a page after which a session ends.", gt=0, le=720),
    ] = 30.0
    set_up_hours: Annotated[
        float,
        Meta(description="Hours that the link serves that sets an account up.", gt=0, le=720),
    ] = 48.0
    token_minutes: Annotated[
        int, Meta(description="Minutes that access tokens of API clients live.", ge=1, le=60)
    ] = 60
    failures_per_hour: Annotated[
        int,
        Meta(
            description="Times in an hour that one address may be wrong about a password, a link, "
            "a secret or a token, before it is told to wait.",
            ge=1,
            le=100_000,
        ),
    ] = 20
    failures_per_account: Annotated[
        int,
        Meta(
            description="The same of one account or client, from all addresses together.",
            ge=1,
            le=100_000,
        ),
    ] = 50
    refusals_per_hour: Annotated[
        int,
        Meta(
            description="Times in an hour that one address may ask for what it may not use, before "
            "it is told to wait: nobody tries ids one by one.",
            ge=1,
            le=10_000_000,
        ),
    ] = 1_000
    oidc_issuer: Annotated[
        str,
        Meta(
            description="URL of an OpenID provider with which people may sign in; empty: none.",
            pattern=_URL,
        ),
    ] = ""
    oidc_title: Annotated[
        str, Meta(description="What people call it, e.g. DigiD.", max_length=60)
    ] = ""
    oidc_client_id: Annotated[
        str, Meta(description="Under which name the provider knows this node.")
    ] = ""
    oidc_secret: Annotated[
        str,
        Meta(
            description="Name of the file in the folder `secrets` of the data directory that holds "
            "the secret of this node at the provider; empty: it has none.",
            pattern="^([A-Za-z0-9][A-Za-z0-9._-]{0,100})?$",
        ),
    ] = ""
    oidc_scopes: Annotated[
        str, Meta(description="What is asked for there, separated by spaces.")
    ] = "openid"
    oidc_subject_claim: Annotated[
        str,
        Meta(
            description="Claim that says what data calls the person: residents see what is about "
            "them. Empty: none does."
        ),
    ] = ""
    oidc_residents: Annotated[
        bool,
        Meta(
            description="Whoever the provider knows comes in as a resident; else with an account."
        ),
    ] = False
    oidc_roles_claim: Annotated[
        str, Meta(description="Claim that lists groups or roles; empty: none does.")
    ] = ""
    oidc_roles: Annotated[
        str,
        Meta(
            description="Which of them gives which role here, e.g. `city-data=steward "
            "audit=auditor`; others give none."
        ),
    ] = ""
    oidc_organisation: Annotated[
        str,
        Meta(description="Id of the organisation of those who come in with such a role."),
    ] = ""
