"""What stops a command: the class of all errors, and what the shell sees."""

from typing import Any


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
