"""idcli: replays product-analytics event logs and tells who is who.

In a notebook: `from identity_cli import replay`, then `run = replay("events.ndjson")`. The names that it has
for others are those of identity_cli.public_names.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from identity_cli.public_names import *  # noqa: F403  # one list, for checkers as for __getattr__
else:

    def __getattr__(name: str) -> Any:
        # Imported when asked for: a command that only reads a run needs no decoder.
        if name == "__all__":
            return __dir__()
        if not name.startswith("_") and name in _public():
            return _public()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*_public(), "__version__"]


def _public() -> dict[str, Any]:
    found = vars(import_module("identity_cli.public_names"))
    return {name: value for name, value in found.items() if not name.startswith("_")}
