"""idcli: replays product-analytics event logs and tells who is who.

In a notebook: `from identity_cli import replay`, then `run = replay("events.ndjson")`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from identity_cli.replayer import replay as replay
    from identity_cli.store.run import Run as Run

__version__ = "0.1.0"
__all__ = ["Run", "__version__", "replay"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: a command that only reads a run needs no decoder.
    if name == "replay":
        from identity_cli.replayer import replay

        return replay
    if name == "Run":
        from identity_cli.store.run import Run

        return Run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
