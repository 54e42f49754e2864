"""The table of actions: the vendor's names of actions and parameters, and the commands and fields they map to.

A row has the action's command, which has the same name; the parameters whose field is the parameter's name in
snake_case; the parameters whose field has another name (``.N`` stands for the number of an item in a list); and the
parameters that the API has but ecsnet does not model, which a request must not use. Parameters that every action
accepts are in `EVERYWHERE`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from ecsnet import commands as c
from ecsnet._attrs import read_only
from ecsnet.commands import Command

Product = Literal["ecs", "vpc", "ecsnet"]

EVERYWHERE: Final = ("RegionId", "DryRun")
"""The parameters that every action accepts. (In the API, only some actions have DryRun.)"""
NOT_MODELLED_EVERYWHERE: Final = frozenset(["OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"])


@attrs.frozen(kw_only=True)
class Action:
    """One action of the API.

    ``product`` is the API that has it: ``"ecs"`` (2014-05-26), ``"vpc"`` (2016-04-28), or ``"ecsnet"`` for an action
    that only this model has. ``parameters`` maps a parameter (``"SecurityGroupIds.N"``) to the command's field.
    Parameters in ``only`` are accepted with the given value only, which is the command's fixed behaviour.
    ``Tag.N`` stands for the keys and values of tags (``Tag.1.Key``).
    ``new_interface`` maps the parameters of one new ENI, without their ``NetworkInterface.N.``, to the fields of
    `ecsnet.NewNetworkInterface`; it is empty for actions that create none besides.
    """

    name: str
    product: Product
    command: type[Command[Any]]
    parameters: Mapping[str, str] = attrs.field(converter=read_only, hash=False)
    not_modelled: frozenset[str]
    takes_client_token: bool
    only: Mapping[str, str] = attrs.field(converter=read_only, hash=False)
    new_interface: Mapping[str, str] = attrs.field(default={}, converter=read_only, hash=False)


def snake_case(name: str) -> str:
    """Returns a name in snake_case: ``"NetworkInterfaceId"`` as ``"network_interface_id"``; VSwitch is one word."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.replace("VSwitch", "Vswitch")).lower()


def _row(
    product: Product,
    command: type[Command[Any]],
    regular: str,
    irregular: Mapping[str, str] | None = None,
    lacks: str = "",
    only: Mapping[str, str] | None = None,
    new_interface: Mapping[str, str] | None = None,
) -> tuple[str, Action]:
    names = regular.split()
    return command.__name__, Action(
        name=command.__name__,
        product=product,
        command=command,
        parameters={n: snake_case(n) for n in names if n != "ClientToken"} | dict(irregular or {}),
        not_modelled=frozenset(lacks.split()) | NOT_MODELLED_EVERYWHERE,
        takes_client_token="ClientToken" in names,
        only=only or {},
        new_interface=new_interface or {},
    )


_ONE_OR_MORE_GROUPS: Final = {"SecurityGroupId": "security_group_ids", "SecurityGroupIds.N": "security_group_ids"}
_TAGS: Final = {"Tag.N": "tags"}
_INSTANCES: Final = {"InstanceId.N": "instance_ids"}
_SOURCE_GROUP: Final = {"SourceGroupOwnerId": "source_account_id"}
_NEW_INSTANCE: Final = """
    Affinity Arn AutoRenew AutoRenewPeriod CreditSpecification DataDisk DedicatedHostId DeletionProtection
    DeploymentSetGroupNo DeploymentSetId HibernationOptions HostName HpcClusterId HttpEndpoint
    HttpPutResponseHopLimit HttpTokens ImageFamily InternetChargeType InternetMaxBandwidthIn
    IoOptimized KeyPairName ManagedHostId Password PasswordInherit PeriodUnit PrivatePoolOptions
    RamRoleName ResourceGroupId SecurityEnhancementStrategy SpotDuration SpotInterruptionBehavior SpotPriceLimit
    SpotStrategy StorageSetId StorageSetPartitionNumber SystemDisk Tenancy UserData
"""
_PERMISSION: Final = """
    Description DestCidrIp Ipv6DestCidrIp Ipv6SourceCidrIp Permissions Priority SourceCidrIp SourceGroupOwnerAccount
    SourcePortRange SourcePrefixListId
"""
_ALL_TRAFFIC: Final = {"IpProtocol": "all", "PortRange": "-1/-1", "NicType": "intranet", "Policy": "accept"}

ACTIONS: Final[Mapping[str, Action]] = dict(
    [
        _row(
            "vpc",
            c.CreateVpc,
            "CidrBlock RegionId VpcName Description ClientToken",
            _TAGS,
            lacks="EnableDnsHostname EnableIpv6 Ipv4CidrMask Ipv4IpamPoolId Ipv6CidrBlock Ipv6CidrMask "
            "Ipv6IpamPoolId Ipv6Isp ResourceGroupId UserCidr",
        ),
        _row("vpc", c.DeleteVpc, "VpcId ClientToken", lacks="ForceDelete"),
        _row(
            "vpc",
            c.AssociateVpcCidrBlock,
            "VpcId SecondaryCidrBlock",
            lacks="IPv6CidrBlock IpamPoolId Ipv6CidrMask Ipv6Isp SecondaryCidrMask",
            only={"IpVersion": "ipv4"},
        ),
        _row(
            "vpc",
            c.UnassociateVpcCidrBlock,
            "VpcId SecondaryCidrBlock",
            lacks="IPv6CidrBlock",
        ),
        _row(
            "vpc",
            c.CreateVSwitch,
            "VpcId ZoneId CidrBlock VSwitchName Description ClientToken",
            _TAGS,
            lacks="CidrMask Ipv6CidrBlock Ipv6CidrMask VpcIpv6CidrBlock",
        ),
        _row("vpc", c.DeleteVSwitch, "VSwitchId"),
        _row(
            "ecs",
            c.CreateSecurityGroup,
            "VpcId RegionId SecurityGroupName Description SecurityGroupType ClientToken",
            _TAGS,
            lacks="ResourceGroupId ServiceManaged",
        ),
        _row("ecs", c.DeleteSecurityGroup, "SecurityGroupId"),
        _row(
            "ecs",
            c.AuthorizeSecurityGroup,
            "SecurityGroupId SourceGroupId ClientToken",
            _SOURCE_GROUP,
            _PERMISSION,
            _ALL_TRAFFIC,
        ),
        _row(
            "ecs",
            c.RevokeSecurityGroup,
            "SecurityGroupId SourceGroupId ClientToken",
            _SOURCE_GROUP,
            _PERMISSION + "SecurityGroupRuleId",
            _ALL_TRAFFIC,
        ),
        _row("ecs", c.JoinSecurityGroup, "SecurityGroupId InstanceId", lacks="NetworkInterfaceId"),
        _row("ecs", c.LeaveSecurityGroup, "SecurityGroupId InstanceId", lacks="NetworkInterfaceId"),
        _row(
            "ecs",
            c.RunInstances,
            "InstanceType VSwitchId RegionId ZoneId PrivateIpAddress ImageId InstanceChargeType Period Amount "
            "InternetMaxBandwidthOut InstanceName Description ClientToken",
            {
                **_TAGS,
                **_ONE_OR_MORE_GROUPS,
                "NetworkInterface.N.NetworkInterfaceId": "network_interface_ids",
                "NetworkInterface.N": "network_interfaces",
                "InstanceNetworkType": "network_type",
            },
            _NEW_INSTANCE
            + """
            AutoPay AutoReleaseTime ClockOptions CpuOptions HostNames ImageOptions Ipv6Address Ipv6AddressCount Isp
            LaunchTemplateId LaunchTemplateName LaunchTemplateVersion MinAmount NetworkInterfaceQueueNumber
            NetworkOptions PrivateDnsNameOptions SchedulerOptions SecurityOptions UniqueSuffix
            NetworkInterface.N.InstanceType
            NetworkInterface.N.Ipv6Address NetworkInterface.N.Ipv6AddressCount NetworkInterface.N.NetworkCardIndex
            NetworkInterface.N.NetworkInterfaceTrafficMode NetworkInterface.N.QueueNumber
            NetworkInterface.N.QueuePairNumber NetworkInterface.N.RxQueueSize
            NetworkInterface.N.SecondaryPrivateIpAddressCount NetworkInterface.N.SourceDestCheck
            NetworkInterface.N.TxQueueSize
            """,
            new_interface={
                "VSwitchId": "vswitch_id",
                "SecurityGroupId": "security_group_ids",
                "SecurityGroupIds.N": "security_group_ids",
                "PrimaryIpAddress": "primary_ip_address",
                "NetworkInterfaceName": "network_interface_name",
                "Description": "description",
                "DeleteOnRelease": "delete_on_release",
            },
        ),
        _row(
            "ecs",
            c.CreateInstance,
            "InstanceType VSwitchId RegionId ZoneId PrivateIpAddress ImageId InstanceChargeType Period "
            "InternetMaxBandwidthOut InstanceName Description ClientToken",
            {"SecurityGroupId": "security_group_ids", "InstanceNetworkType": "network_type", **_TAGS},
            _NEW_INSTANCE + "ClusterId InnerIpAddress NodeControllerId UseAdditionalService VlanId",
        ),
        _row("ecs", c.StartInstance, "InstanceId", lacks="InitLocalDisk"),
        _row("ecs", c.StopInstance, "InstanceId", lacks="ConfirmStop ForceStop Hibernate StoppedMode"),
        _row("ecs", c.RebootInstance, "InstanceId", lacks="ForceStop"),
        _row("ecs", c.DeleteInstance, "InstanceId Force", lacks="ForceStop TerminateSubscription"),
        _row(
            "ecs",
            c.CreateNetworkInterface,
            "VSwitchId PrimaryIpAddress SecondaryPrivateIpAddressCount Ipv4PrefixCount NetworkInterfaceName "
            "Description DeleteOnRelease ClientToken",
            {
                **_ONE_OR_MORE_GROUPS,
                **_TAGS,
                "PrivateIpAddress.N": "private_ip_addresses",
                "Ipv4Prefix.N": "ipv4_prefixes",
            },
            """
            BusinessType ConnectionTrackingConfiguration EnablePrimaryIPv6 EnhancedNetwork InstanceType
            Ipv6Address Ipv6AddressCount Ipv6Prefix Ipv6PrefixCount
            NetworkInterfaceTrafficConfig NetworkInterfaceTrafficMode QueueNumber QueuePairNumber ResourceGroupId
            RxQueueSize SourceDestCheck TxQueueSize Visible
            """,
        ),
        _row(
            "ecs",
            c.AttachNetworkInterface,
            "NetworkInterfaceId InstanceId",
            lacks="NetworkCardIndex TrunkNetworkInstanceId WaitForNetworkConfigurationReady",
        ),
        _row("ecs", c.DetachNetworkInterface, "NetworkInterfaceId InstanceId", lacks="TrunkNetworkInstanceId"),
        _row("ecs", c.DeleteNetworkInterface, "NetworkInterfaceId"),
        _row(
            "ecs",
            c.ModifyNetworkInterfaceAttribute,
            "NetworkInterfaceId NetworkInterfaceName Description DeleteOnRelease",
            {"SecurityGroupId.N": "security_group_ids"},
            """
            ConnectionTrackingConfiguration EnablePrimaryIPv6 EnhancedNetwork
            NetworkInterfaceTrafficConfig QueueNumber RxQueueSize SourceDestCheck TxQueueSize
            """,
        ),
        _row(
            "ecs",
            c.AssignPrivateIpAddresses,
            "NetworkInterfaceId SecondaryPrivateIpAddressCount Ipv4PrefixCount ClientToken",
            {"PrivateIpAddress.N": "private_ip_addresses", "Ipv4Prefix.N": "ipv4_prefixes"},
        ),
        _row(
            "ecs",
            c.UnassignPrivateIpAddresses,
            "NetworkInterfaceId",
            {"PrivateIpAddress.N": "private_ip_addresses", "Ipv4Prefix.N": "ipv4_prefixes"},
        ),
        _row(
            "ecs", c.ModifyInstanceVpcAttribute, "InstanceId VSwitchId PrivateIpAddress", lacks="SecurityGroupId VpcId"
        ),
        _row(
            "ecs",
            c.ModifyInstanceNetworkSpec,
            "InstanceId InternetMaxBandwidthOut ClientToken",
            lacks="AllocatePublicIp AutoPay EndTime ISP InternetMaxBandwidthIn NetworkChargeType StartTime",
        ),
        _row(
            "ecs",
            c.RenewInstance,
            "InstanceId Period InternetMaxBandwidthOut ClientToken",
            lacks="AutoPay ExpectedRenewDay PeriodUnit",
        ),
        _row("ecs", c.AllocatePublicIpAddress, "InstanceId", lacks="IpAddress VlanId"),
        _row("ecs", c.ReleasePublicIpAddress, "InstanceId", lacks="PublicIpAddress"),
        _row("ecs", c.ConvertNatPublicIpToEip, "InstanceId"),
        _row(
            "vpc",
            c.AllocateEipAddress,
            "RegionId Name Description ClientToken",
            _TAGS,
            lacks="ActivityId AutoPay Bandwidth ISP InstanceChargeType InstanceId InternetChargeType "
            "IpAddress Netmode Period PricingCycle PublicIpAddressPoolId ResourceGroupId "
            "SecurityProtectionTypes Zone",
        ),
        _row(
            "vpc",
            c.AssociateEipAddress,
            "AllocationId InstanceId InstanceType PrivateIpAddress ClientToken",
            lacks="InstanceRegionId Mode VpcId",
        ),
        _row(
            "vpc",
            c.UnassociateEipAddress,
            "AllocationId InstanceId InstanceType PrivateIpAddress ClientToken",
            lacks="Force",
        ),
        _row("vpc", c.ReleaseEipAddress, "AllocationId"),
        _row("vpc", c.EnableVpcClassicLink, "VpcId ClientToken"),
        _row("ecs", c.AttachClassicLinkVpc, "InstanceId VpcId"),
        _row("ecs", c.DetachClassicLinkVpc, "InstanceId VpcId"),
        _row(
            "vpc",
            c.ModifyVpcAttribute,
            "VpcId VpcName Description",
            lacks="CidrBlock EnableDnsHostname EnableIPv6 Ipv6CidrBlock Ipv6Isp",
        ),
        _row(
            "vpc",
            c.ModifyVSwitchAttribute,
            "VSwitchId VSwitchName Description",
            lacks="EnableIPv6 Ipv6CidrBlock VpcIpv6CidrBlock",
        ),
        _row("ecs", c.ModifySecurityGroupAttribute, "SecurityGroupId SecurityGroupName Description"),
        _row(
            "ecs",
            c.ModifyInstanceAttribute,
            "InstanceId InstanceName Description",
            lacks="AdditionalInfo CpuOptions CreditSpecification DeletionProtection EnableJumboFrame HostName "
            "EnableNetworkEncryption NetworkInterfaceQueueNumber Password PrivateDnsNameOptions Recyclable "
            "RemoteConnectionOptions SecurityGroupIds UserData",
        ),
        _row("vpc", c.ModifyEipAddressAttribute, "AllocationId Name Description", lacks="Bandwidth"),
        _row("ecs", c.TagResources, "ResourceType RegionId", {"ResourceId.N": "resource_ids", **_TAGS}),
        _row(
            "ecs",
            c.UntagResources,
            "ResourceType RegionId All",
            {"ResourceId.N": "resource_ids", "TagKey.N": "tag_keys"},
        ),
        _row("ecs", c.StartInstances, "BatchOptimization RegionId", _INSTANCES),
        _row("ecs", c.StopInstances, "BatchOptimization RegionId", _INSTANCES, lacks="ForceStop StoppedMode"),
        _row("ecs", c.RebootInstances, "BatchOptimization RegionId", _INSTANCES, lacks="ForceReboot"),
        _row(
            "ecs",
            c.DeleteInstances,
            "Force RegionId ClientToken",
            _INSTANCES,
            lacks="ForceStop TerminateSubscription",
        ),
        _row("ecsnet", c.ChangePublicIpAddress, "InstanceId"),
        _row("ecsnet", c.SetQuota, "Name Value RegionId"),
    ]
)
"""Every action of ecsnet, by name."""
