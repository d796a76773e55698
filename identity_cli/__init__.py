"""idcli: replays product-analytics event logs and tells who is who.

In a notebook: `from identity_cli import replay`, then `run = replay("events.ndjson")`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from identity_cli.comparing.run_differences import diff as diff
    from identity_cli.comparing.verification import verify as verify
    from identity_cli.counterfactual.changed_log import Change as Change
    from identity_cli.counterfactual.changed_log import whatif as whatif
    from identity_cli.counterfactual.culprit_search import culprits as culprits
    from identity_cli.counterfactual.property_blame import blame as blame
    from identity_cli.counterfactual.repair_plan import repair as repair
    from identity_cli.counterfactual.why_together import why as why
    from identity_cli.replaying.replayer import replay as replay
    from identity_cli.reports.link_history import how as how
    from identity_cli.store.reading.run import Run as Run

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
    "Change": "counterfactual.changed_log",
    "Run": "store.reading.run",
    "blame": "counterfactual.property_blame",
    "culprits": "counterfactual.culprit_search",
    "diff": "comparing.run_differences",
    "how": "reports.link_history",
    "repair": "counterfactual.repair_plan",
    "replay": "replaying.replayer",
    "verify": "comparing.verification",
    "whatif": "counterfactual.changed_log",
    "why": "counterfactual.why_together",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: a command that only reads a run needs no decoder.
    if name in _HOMES:
        return getattr(import_module(f"identity_cli.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
