"""The folded state of a network: tables of records, and the pools that addresses come from."""
