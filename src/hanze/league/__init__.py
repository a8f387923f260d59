"""Membership of the league: keys, invitations, gossip, and what is shared with whom."""
