"""Security: what comes first in an emergency, incidents and their clocks, and what is to be done."""
