"""Writing over Context Sources: what goes where, how it is carried out, what came of it (5.6)."""
