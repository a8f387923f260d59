"""What is still to be told, written with the changes that it tells of."""
