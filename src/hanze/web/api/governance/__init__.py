"""`/api/v1/governance`: who may do what with which data, and the record of it."""
