"""The subjects. Whichever is used first, they are loaded in this order, in which their rules rank."""

# ruff: noqa: F401, I001  # loading a subject registers its rules, and the order is their rank
from ecsnet.domain.subjects import vpc, security_group
from ecsnet.domain.subjects.network_interface import lifecycle as _network_interface
from ecsnet.domain.subjects.instance import lifecycle as _instance
from ecsnet.domain.subjects.instance import membership, creation, bandwidth
from ecsnet.domain.subjects import account
from ecsnet.domain.subjects.network_interface import attachment
from ecsnet.domain.subjects import classic_link, eip, public_ip
from ecsnet.domain.subjects.instance import vpc_attribute
from ecsnet.domain.subjects.network_interface import private_ips
