"""Measures commands in memory, in a small and a very large region, beside the same calls of moto's EC2.

moto checks few rules, keeps no history and finds an ENI by scanning. Times are per command, each half of a pair; ours
include the construction of the command and the check of its parameters.
"""

from __future__ import annotations

from moto import mock_aws

from benchmarks import _moto, _network
from benchmarks._measure import Contender, Effort, measure


def run(effort: Effort) -> None:
    """Measures both pairs of commands and prints their tables."""
    small, large, moto_large = 100, effort.of(100_000), effort.of(5_000)
    pairs, slow_pairs = effort.of(2_000), effort.of(50)
    ours = {size: _network.build(size) for size in (small, large)}
    with mock_aws():
        bare = {small: _moto.build("us-east-1", small), moto_large: _moto.build("us-west-2", moto_large)}
        through_boto3 = _moto.build("eu-west-1", small)
        base = f"ecsnet, {small} ENIs"
        for title, mine, theirs, theirs_through_boto3 in (
            (
                "attach + detach an ENI, per command",
                {size: _network.attach_detach(network, network.cloud, pairs) for size, network in ours.items()},
                {size: _moto.attach_detach_bare(network, pairs // 4) for size, network in bare.items()},
                _moto.attach_detach_boto3(through_boto3, slow_pairs),
            ),
            (
                "create + delete an ENI, per command",
                {size: _network.create_delete(network, pairs) for size, network in ours.items()},
                {size: _moto.create_delete_bare(network, pairs // 4) for size, network in bare.items()},
                _moto.create_delete_boto3(through_boto3, slow_pairs),
            ),
        ):
            measure(
                title,
                [
                    Contender(base, mine[small], target="at most 40 µs"),
                    Contender(f"ecsnet, {large:,} ENIs", mine[large], base, "at most 40 µs, and 1.5 times"),
                    Contender(f"moto, bare, {small} ENIs", theirs[small], base),
                    Contender(f"moto, bare, {moto_large:,} ENIs", theirs[moto_large], base),
                    Contender(f"moto through boto3, {small} ENIs", theirs_through_boto3, base),
                ],
                effort.rounds,
            )
