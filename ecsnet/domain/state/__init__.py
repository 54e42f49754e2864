"""The folded state of a network: tables of records, and the pools that addresses are allocated from."""
