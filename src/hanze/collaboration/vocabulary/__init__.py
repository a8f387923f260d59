"""The words of the field in Dutch, English and Korean: our own SKOS vocabulary."""
