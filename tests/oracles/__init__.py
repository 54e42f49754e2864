"""A second model of the network, written from the vendor's guide alone, beside which the library is run.

`network` has the state; `vpcs`, `groups`, `addresses`, `interfaces`, `instances`, `public_addresses` and `tags` judge
and carry out commands; `codes` has the vendor's answers. Where the guide is silent, it follows the readings of the API
in `docs/readings.md`. All of it is naive on purpose: lists and dicts, every answer found by a scan, nothing kept that
can be counted again. It uses the library's commands, its enumerations' texts and its instance types as input, and
nothing of `ecsnet.domain`. `generate` makes commands, right and wrong; `beside` carries each out in both and compares
the verdict, the ids and the codes of all rules, and everything that a user sees.
"""
