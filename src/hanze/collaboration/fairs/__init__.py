"""Stands that cities share at fairs: the stories, the programme, and its feeds."""
