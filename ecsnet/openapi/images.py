"""Disks and images, as far as clients ask for them on their way to an instance.

They are no resources of the network: an image that is asked for by its id exists, lists have a few of the vendor's, and
each instance has the disks that it was created with. Nothing is kept of an image that is made of an instance but what
its id says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from ecsnet.cloud import Cloud
from ecsnet.openapi.answers import Body
from ecsnet.openapi.reading import Parameters, ids_of_json, is_asked_for, needed, page_of
from ecsnet.openapi.refusals import Refusal

_ZERO_TIME: Final = "2019-01-01T00:00:00Z"
_IMAGES: Final = (
    ("centos_7_9_x64_20G_alibase_20210318.vhd", "CentOS  7.9 64位", "CentOS", "linux"),
    ("debian_10_9_x64_20G_alibase_20210318.vhd", "Debian  10.9 64位", "Debian", "linux"),
    ("win2019_1809_x64_dtc_zh-cn_40G_alibase_20210316.vhd", "Windows Server  2019", "Windows Server 2019", "windows"),
)
_OWN: Final = "m-"
"""The beginning of the ids of images that an account has made itself."""


def describe_images(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """DescribeImages."""
    wanted = parameters["ImageId"].split(",") if "ImageId" in parameters else None
    listed = [(one, one, "Linux", "linux") for one in wanted] if wanted is not None else list(_IMAGES)
    filters = ("Architecture", "ImageName", "ImageOwnerAlias", "OSType", "Status")
    found = [image for image in (_image(*one) for one in listed) if is_asked_for(parameters, image, *filters)]
    body = page_of(parameters, "Images", "Image", found)
    return {**body, "RegionId": parameters.get("RegionId", cloud.region_id)}


def _image(image_id: str, os_name: str, platform: str, os_type: str) -> dict[str, Any]:
    own = image_id.startswith(_OWN)
    return {
        "Architecture": "x86_64",
        "CreationTime": _ZERO_TIME,
        "Description": "",
        "DetectionOptions": {"Items": {"Item": []}, "Status": ""},
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Features": {"NvmeSupport": "unsupported"},
        "ImageFamily": "",
        "ImageId": image_id,
        "ImageName": image_id,
        "ImageOwnerAlias": "self" if own else "system",
        "IsCopied": False,
        "IsPublic": not own,
        "IsSelfShared": "",
        "IsSubscribed": False,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "OSName": os_name,
        "OSNameEn": os_name,
        "OSType": os_type,
        "Platform": platform,
        "ProductCode": "",
        "Progress": "100%",
        "ResourceGroupId": "",
        "SecureBootOptions": {"SecureBootSupport": ""},
        "Size": 20,
        "Status": "Available",
        "Tags": {"Tag": []},
        "Usage": "none",
    }


def create_image(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """CreateImage, of an instance or a snapshot."""
    instance_id = parameters.get("InstanceId")
    if instance_id is None:
        source = needed(parameters, "SnapshotId")
    else:
        instance = cloud.instances.get(instance_id)
        if instance is None or instance.account_id != cloud.account_id:
            raise Refusal("InvalidInstanceId.NotFound", 404, f"{instance_id} does not exist")
        source = instance.id
    text = repr((source, parameters.get("ImageName"), parameters.get("ClientToken")))
    return {"ImageId": f"{_OWN}bp1{blake2b(text.encode(), digest_size=8).hexdigest()}"}


def done(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """An action on an image or a snapshot, of which nothing is kept."""
    needed(parameters, "ImageId" if "Image" in action else "SnapshotId")
    return {}


def describe_snapshots(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """DescribeSnapshots: there are none."""
    return {"NextToken": "", **page_of(parameters, "Snapshots", "Snapshot", ())}


def describe_disks(cloud: Cloud, action: str, parameters: Parameters) -> Body:
    """DescribeDisks."""
    named = parameters.get("InstanceId")
    if named is not None:
        instances = [one for one in (cloud.instances.get(named),) if one is not None]
    else:
        instances = list(cloud.instances.values())
    region_id = parameters.get("RegionId", cloud.region_id if named is None else None)
    of_type = {**parameters, "Type": parameters.get("DiskType", "all")}
    filters = ("Type", "Category", "DiskChargeType", "DiskName", "Portable", "Status", "ZoneId")
    wanted = set(ids_of_json(parameters["DiskIds"])) if "DiskIds" in parameters else None
    found = [
        disk
        for instance in instances
        if instance.account_id == cloud.account_id and region_id in (None, instance.region_id)
        for disk in _disks_of(cloud, instance)
        if is_asked_for(of_type, disk, *filters) and (wanted is None or disk["DiskId"] in wanted)
    ]
    return {"NextToken": "", **page_of(parameters, "Disks", "Disk", found)}


def _disks_of(cloud: Cloud, instance: Any) -> Iterable[dict[str, Any]]:
    kept = cloud.remembered(instance.id)
    of_system = {"Category": "cloud_efficiency", "Size": "40", **kept.get("SystemDisk", {})}
    for number, given in enumerate([of_system, *kept.get("DataDisks", [])]):
        size = given.get("Size", "40")
        yield {
            "Attachments": {"Attachment": []},
            "Category": given.get("Category", "cloud_efficiency"),
            "CreationTime": instance.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "DataSource": {},
            "DeleteWithInstance": True,
            "Description": given.get("Description", ""),
            "Device": f"/dev/xvd{chr(ord('a') + number % 26)}",
            "DiskChargeType": "PostPaid",
            "DiskId": f"d-{instance.id.partition('-')[2]}{number or ''}",
            "DiskName": given.get("DiskName", ""),
            "Encrypted": False,
            "ImageId": (instance.image_id or "") if number == 0 else "",
            "InstanceId": instance.id,
            "MountInstances": {"MountInstance": []},
            "OperationLocks": {"OperationLock": []},
            "Placement": {},
            "Portable": number > 0,
            "RegionId": instance.region_id,
            "Size": int(size) if size.isascii() and size.isdigit() and len(size) < 10 else 40,
            "Status": "In_use",
            "Tags": {"Tag": []},
            "Type": "data" if number else "system",
            "ZoneId": instance.zone_id,
        }


ACTIONS_OF_IMAGES: Final[Mapping[str, Any]] = {
    "CreateImage": create_image,
    "DeleteImage": done,
    "DeleteSnapshot": done,
    "DescribeDisks": describe_disks,
    "DescribeImages": describe_images,
    "DescribeSnapshots": describe_snapshots,
    "ModifyImageAttribute": done,
    "ModifyImageSharePermission": done,
}
