"""Entities as response bodies: bytes as they are stored where possible, else rendered (6.3.6)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from hanze.broker.consumption import EntityNotFound
from hanze.broker.linked import linked_entities
from hanze.broker.ports import StoredEntity
from hanze.errors import NotFound
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity, JsonValue
from hanze.ngsild.representation.stored import encode
from hanze.web.api.showing import Format, Join, Showing
from hanze.web.http import Request, Response
from hanze.web.negotiation import LD_CONTEXT_REL, Media, accepted_media

__all__ = ["json_ld_response", "render_list", "render_one"]
