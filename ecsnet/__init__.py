"""ecsnet: an Alibaba Cloud ECS network that behaves like the real thing.

Every operation is judged by the vendor's own rules, recorded as an immutable event, and rebuilt by replay.

Importing the package loads nothing: its names are loaded when the first of them is used, so that a test suite that only
collects, or a command line that only prints its help, does not wait for them.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ecsnet._api import *  # noqa: F403  # one list of the public names is enough
    from ecsnet._api import __all__ as __all__
else:  # type checkers must not see this: to them, every name would be there

    def __getattr__(name: str) -> Any:
        if not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
            return import_module(f"{__name__}.{name}")  # whoever asks for a submodule must not wait for all the others
        if name == "__all__" or not name.startswith("_"):
            api = import_module("ecsnet._api")
            names = getattr(api, "__all__", ())  # none while it is being loaded: then submodules are asked for
            if name == "__all__" or name in names:
                globals().update({public: getattr(api, public) for public in names}, __all__=names)
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *import_module("ecsnet._api").__all__})
