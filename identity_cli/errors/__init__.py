"""What stops a command: each error writes its own sentence, and what to do next.

Problems *in* a log are values (rejected lines, ingestion warnings), never these.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from identity_cli.errors.base import ExitCode as ExitCode
from identity_cli.errors.base import IdcliError as IdcliError

if TYPE_CHECKING:
    from identity_cli.errors.of_files import *  # noqa: F403  # each says itself what it has
    from identity_cli.errors.of_logs import *  # noqa: F403
    from identity_cli.errors.of_names import *  # noqa: F403
    from identity_cli.errors.of_options import *  # noqa: F403
    from identity_cli.errors.of_runs import *  # noqa: F403
else:
    # What nearly every command may end with first. A module that mostly ends well imports the others where
    # it raises them: dozens of classes are a twentieth of a start.
    _KINDS = ("of_runs", "of_options", "of_names", "of_logs", "of_files")

    def __getattr__(name: str) -> Any:
        for kind in () if name.startswith("_") else _KINDS:
            found = getattr(import_module(f"identity_cli.errors.{kind}"), name, None)
            if found is not None:
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
