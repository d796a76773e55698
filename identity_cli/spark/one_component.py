"""One component out of a log, so that one machine comes to what the cluster did, and answers more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from identity_cli.dialects import POSTHOG, dialect_named
from identity_cli.errors import SeveralDialects
from identity_cli.pieces.own_log import Placed, own_log


@dataclass(frozen=True, slots=True)
class ComponentLog:
    """The lines of all ids that may have to do with one; iterate for those of a log by itself.

    placed: in the order of the log. dialects: that they are of. end: what the log shows at its end, None
    where nothing waits, and nobody asks for the time.
    """

    placed: Sequence[Placed]
    dialects: set[str]
    end: datetime | None

    @property
    def dialect(self) -> str:
        """The one that reads them all; SeveralDialects."""
        forms = {dialect_named(name).form_of or name for name in self.dialects}
        if len(forms) > 1 or (self.end is not None and forms != {POSTHOG.name}):
            raise SeveralDialects(sorted({*forms, POSTHOG.name} if self.end is not None else forms))
        return forms.pop()

    def __iter__(self) -> Iterator[bytes]:
        """The lines, without newlines."""
        return (line for _, line in self.placed) if self.end is None else own_log(self.placed, self.end)
