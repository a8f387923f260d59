"""Pages about which data are open, and why others are not: for everybody, and for stewards."""
