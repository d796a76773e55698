"""idcli: replays product-analytics event logs and tells who is who.

In a notebook: `from identity_cli import replay`, then `run = replay("events.ndjson")`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from identity_cli.replayer import replay as replay
    from identity_cli.reports.blame import blame as blame
    from identity_cli.reports.culprits import culprits as culprits
    from identity_cli.reports.diff import diff as diff
    from identity_cli.reports.how import how as how
    from identity_cli.reports.repair import repair as repair
    from identity_cli.reports.verify import verify as verify
    from identity_cli.reports.whatif import Change as Change
    from identity_cli.reports.whatif import whatif as whatif
    from identity_cli.reports.why import why as why
    from identity_cli.store.run import Run as Run

__version__ = "0.1.0"
__all__ = [
    "Change",
    "Run",
    "__version__",
    "blame",
    "culprits",
    "diff",
    "how",
    "repair",
    "replay",
    "verify",
    "whatif",
    "why",
]

_HOMES = {
    "Change": "reports.whatif",
    "Run": "store.run",
    "blame": "reports.blame",
    "culprits": "reports.culprits",
    "diff": "reports.diff",
    "how": "reports.how",
    "repair": "reports.repair",
    "replay": "replayer",
    "verify": "reports.verify",
    "whatif": "reports.whatif",
    "why": "reports.why",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: a command that only reads a run needs no decoder.
    if name in _HOMES:
        return getattr(import_module(f"identity_cli.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
