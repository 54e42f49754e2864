"""Code that a type checker must refuse. Checked by mypy, which reports a comment that ignores nothing; never run."""

import ecsnet
from ecsnet import Banana  # type: ignore[attr-defined]
from ecsnet.commands import AttachNetworkInterfaces  # type: ignore[attr-defined]
from ecsnet.testing import CloudMachne  # type: ignore[attr-defined]

ecsnet.does_not_exist.at_all(1)  # type: ignore[attr-defined]
ecsnet.testing.CloudMachine.give  # type: ignore[attr-defined]  # noqa: B018

print(Banana, AttachNetworkInterfaces, CloudMachne)
