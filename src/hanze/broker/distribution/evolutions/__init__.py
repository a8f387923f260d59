"""Temporal evolutions over Context Sources (CIM 009, 5.7.3, 5.7.4)."""
