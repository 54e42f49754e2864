"""Quotas: of an account in a region, and of an account over all its regions."""

from __future__ import annotations

import pytest

from ecsnet import Cloud, InvalidCommand, RuleRegistry, audit
from ecsnet import commands as c
from ecsnet.domain.checks.commands_from_events import command_for
from ecsnet.domain.operation import Recording
from ecsnet.events.account import QuotaSet
from ecsnet.events.base import NewEvent
from ecsnet.events.stores.memory import MemoryStore
from ecsnet.testing import invariants, scenario
from ecsnet.values import ACCOUNT_QUOTAS, QUOTAS
from tests.support.net import START

EIPS = "eips-per-account"
PLACES = ("cn-hangzhou", "cn-beijing", "cn-nowhere")


def older_history(**quotas: int) -> Cloud:
    """A cloud whose history has quotas of EIPs that were set for regions, as older versions did."""
    store = MemoryStore()
    for name, value in quotas.items():
        region_id = name.replace("_", "-")
        store.append([NewEvent(region_id, QuotaSet(name=EIPS, value=value), START, "1", region_id)], {region_id: 0})
    return Cloud(store, account_id="1")


def allocated(cloud: Cloud, most: int) -> int:
    """Returns how many EIPs an account is given, in turn in several regions."""
    for count in range(most):
        allocate = c.AllocateEipAddress(region_id=PLACES[count % len(PLACES)])
        if not cloud.check(allocate):
            return count
        cloud.execute(allocate)
    return most


def test_the_quota_of_eips_is_one_for_all_regions() -> None:
    cloud = Cloud()
    quota = cloud.execute(c.SetQuota(name=EIPS, value=2))
    assert (quota.name, quota.value, quota.region_id, quota.account_id) == (EIPS, 2, None, cloud.account_id)
    assert cloud.quotas[EIPS] == quota
    assert Cloud(cloud.store, region_id="cn-beijing").quotas[EIPS] == quota
    assert allocated(cloud, 3) == 2
    (violation,) = cloud.check(c.AllocateEipAddress(region_id="cn-nowhere")).violations
    assert violation.facts == {"count": 2, "quota": 2}


def test_the_other_quotas_are_of_one_region() -> None:
    cloud = Cloud()
    for name in QUOTAS.keys() - ACCOUNT_QUOTAS:
        assert cloud.execute(c.SetQuota(name=name, value=2, region_id="cn-beijing")).region_id == "cn-beijing"
        assert cloud.quotas[name].value == QUOTAS[name]
        assert cloud.quotas[name].region_id == "cn-hangzhou"


def test_no_region_is_given_for_a_quota_over_all_regions() -> None:
    with pytest.raises(InvalidCommand) as invalid:
        c.SetQuota(name=EIPS, value=2, region_id="cn-hangzhou")
    assert invalid.value.parameter == "region_id"
    assert EIPS in str(invalid.value)


def test_the_quota_of_eips_is_recorded_in_the_stream_of_the_account_whatever_the_region_of_the_cloud() -> None:
    cloud = Cloud(region_id="cn-beijing")
    cloud.execute(c.SetQuota(name=EIPS, value=2))
    (record,) = cloud.history()
    assert (record.stream, record.version) == (f"account/{cloud.account_id}", 1)
    assert record.event == QuotaSet(name=EIPS, value=2)
    assert command_for(
        cloud.folded_state().region("cn-beijing"), Recording(record.event, record.recorded_at)
    ) == c.SetQuota(name=EIPS, value=2)


def test_a_lower_quota_of_eips_replaces_a_higher_one() -> None:
    cloud = Cloud()
    for value in (5, 1, 3):
        cloud.execute(c.SetQuota(name=EIPS, value=value))
    assert cloud.quotas[EIPS].value == 3
    assert allocated(cloud, 5) == 3
    assert invariants(cloud) == ()
    assert audit(cloud) == ()


def test_an_audit_judges_a_quota_of_eips_by_own_rules() -> None:
    own = RuleRegistry()

    @own.denies("x.no-higher-quota", c.SetQuota, message="{value} EIPs")
    def no_higher_quota(command: c.SetQuota) -> dict[str, int] | None:
        """Nobody raises a quota."""
        return {"value": command.value} if command.value > QUOTAS[command.name] else None

    cloud = Cloud()
    for value in (20, 21):
        cloud.execute(c.SetQuota(name=EIPS, value=value), client_token=str(value))
    assert [(finding.position, finding.rule) for finding in audit(cloud, rules=own)] == [(3, "x.no-higher-quota")]


def test_quotas_of_a_fork_and_of_the_past_are_their_own() -> None:
    cloud = Cloud()
    cloud.execute(c.SetQuota(name=EIPS, value=2))
    fork, past = cloud.fork(), cloud.at(0)
    fork.execute(c.SetQuota(name=EIPS, value=7))
    assert [one.quotas[EIPS].value for one in (past, cloud, fork)] == [20, 2, 7]
    assert cloud.state_digest() != fork.state_digest()
    cloud.execute(c.SetQuota(name=EIPS, value=7))
    assert cloud.state_digest() == fork.state_digest()


def test_the_quota_of_eips_with_a_client_token_has_the_first_result_again() -> None:
    cloud = Cloud()
    quota = cloud.execute(c.SetQuota(name=EIPS, value=2), client_token="t")
    cloud.execute(c.SetQuota(name=EIPS, value=3))
    assert Cloud(cloud.store).execute(c.SetQuota(name=EIPS, value=2), client_token="t") == quota
    assert len(cloud.history()) == 3


def test_command_ids_of_quotas_of_eips_are_the_place_in_the_stream_of_the_account() -> None:
    cloud = Cloud(command_ids="deterministic")
    for _ in range(2):
        cloud.execute(c.SetQuota(name=EIPS, value=2))
    assert [record.command_id for record in cloud.history()] == [f"account/{cloud.account_id}:{n}" for n in (1, 2)]


@pytest.mark.parametrize(
    ("quotas", "given"),
    [
        ({"cn_hangzhou": 3}, 3),
        ({"cn_beijing": 3}, 3),
        ({"cn_hangzhou": 3, "cn_beijing": 5}, 5),
        ({"cn_hangzhou": 5, "cn_beijing": 3}, 5),
        ({"cn_hangzhou": 30}, 30),
    ],
)
def test_a_quota_of_eips_that_an_older_version_set_for_a_region_counts_for_the_account(
    quotas: dict[str, int], given: int
) -> None:
    cloud = older_history(**quotas)
    assert cloud.quotas[EIPS].value == given
    assert allocated(cloud, given + 2) == given
    assert invariants(cloud) == ()
    assert audit(cloud) == ()


def test_a_quota_of_the_account_replaces_what_an_older_version_set_for_a_region() -> None:
    cloud = older_history(cn_hangzhou=5)
    cloud.execute(c.SetQuota(name=EIPS, value=2))
    assert cloud.quotas[EIPS].value == 2
    assert allocated(cloud, 5) == 2


def test_a_scenario_has_the_quota_of_eips_among_its_events() -> None:
    scenario().when(c.SetQuota(name=EIPS, value=2)).then(QuotaSet(name=EIPS, value=2))
