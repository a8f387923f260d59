"""The way to other nodes over HTTP, which are trusted with nothing (CIM 009, 4.3.6, 6.3.17)."""

from hanze.transport.peers.http import HttpPeers
from hanze.transport.peers.signer import Signer
from hanze.transport.peers.standing import Endpoint, EndpointStatistics

__all__ = ["Endpoint", "EndpointStatistics", "HttpPeers", "Signer"]
