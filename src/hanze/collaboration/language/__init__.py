"""Text across languages, offline: Dutch, English and Korean descriptions that say the same meet."""
