"""What stops a command: each error writes its own sentence, and what to do next.

Problems *in* a log are values (rejected lines, ingestion warnings), never these.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


class ExitCode:
    """What the shell sees."""

    FINDINGS = 1
    FAILED = 2
    INTERRUPTED = 130  # as shells count: 128 and the number of the signal
    PIPE_CLOSED = 141


class IdcliError(Exception):
    """The command cannot do its job."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with the sentence, not with what it was made of."""
        return _with_sentence, (type(self), *self.args)


def _with_sentence(kind: type[IdcliError], *sentence: str) -> IdcliError:
    error = kind.__new__(kind)
    error.args = sentence
    return error
