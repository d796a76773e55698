"""A log that cannot be read, or not be replayed."""

from collections.abc import Sequence

from identity_cli.errors import IdcliError

TOLD = 3
"""Of many things that are wrong in the same way."""


_WHAT_CAN_BE_READ = (
    "Nothing was written. What can be read: idcli dialects; "
    "anything else: idcli replay --map (idcli dialects generic)."
)


class LogUnreadable(IdcliError):
    """A log file that is missing or cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read {path}: {reason.rstrip('.')}. Nothing was written.")
        self.reason = reason


class ColumnsUnreadable(LogUnreadable):
    """A table with columns that cannot be decoded and that are needed, while others can."""

    def __init__(self, path: str, columns: Sequence[str]) -> None:
        named = ", ".join(map(repr, columns))
        super().__init__(path, f"{named} cannot be decoded, and is needed: export it again")


class LogGone(LogUnreadable):
    """A log that was replayed and is to be read again, but is not where it was."""

    def __init__(self, path: str) -> None:
        IdcliError.__init__(
            self,
            "cannot read standard input again: replay the log from a file."
            if path == "-"
            else f"cannot read {path} again: it is not there, seen from this folder. "
            "Go where the log was replayed, or say with --log PATH where it is now.",
        )


class LogIsPipe(LogGone):
    """A log that was replayed from a pipe or a device, which gives its bytes once."""

    def __init__(self, path: str) -> None:
        IdcliError.__init__(
            self,
            f"cannot read {path} again: it is no file, but a pipe or a device. Replay the log from a file.",
        )


class NotALog(LogUnreadable):
    """A file that is something else; what: in one clause, with what to do."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.what = what


class LinesDepend(IdcliError):
    """A log of a dialect in which what a line means depends on others, and that is to be read in blocks."""

    def __init__(self, path: str, dialect: str) -> None:
        super().__init__(
            f"{path} is a log of {dialect}: what a line means there depends on those before it, so it "
            "cannot be read in blocks. `idcli replay` reads it from front to end."
        )


class SeveralDialects(IdcliError):
    """Lines out of a log that no one dialect reads; where events wait, PostHog's tell them the time."""

    def __init__(self, dialects: list[str]) -> None:
        super().__init__(
            f"these lines would be of several dialects ({', '.join(dialects)}), and one log is of one. "
            "Without a buffer (--buffer 0) nothing waits, and no line has to tell the time."
        )


class NoOrder(IdcliError):
    """A table whose rows are in no order by these columns; why: in one clause."""

    def __init__(self, columns: Sequence[str], why: str) -> None:
        super().__init__(
            f"the rows of the table are in no order by {', '.join(columns)}: {why}. Name columns that put "
            "any two rows in order, as the time of ingestion and then the uuid."
        )


class NothingToReplay(IdcliError):
    """A log without an event; passed_over: files that were found, and what is wrong with each."""

    def __init__(self, paths: Sequence[str], passed_over: list[str]) -> None:
        """paths: of the files that were given, or found in folders."""
        log = paths[0] if len(paths) == 1 else "the log"
        found = (
            "; ".join(passed_over[:TOLD]) + ("; ..." if len(passed_over) > TOLD else "") or "it has no lines"
        )
        super().__init__(
            f"not one line of {log} is an event: is it the right file? {found}. {_WHAT_CAN_BE_READ}"
        )


class NoEventIn(NothingToReplay):
    """A file, named by the user, in which not one line is an event.

    reasons: what is wrong with the first. advice: what they look like, and what to do then; may be empty.
    """

    def __init__(self, path: str, reasons: list[str], advice: str = "") -> None:
        found = "; ".join(filter(None, (*reasons, advice)))
        IdcliError.__init__(
            self,
            f"not one line of {path} is an event: is it the right file? {found}. {_WHAT_CAN_BE_READ}",
        )


class NoLogs(IdcliError):
    """A folder without a file that could be a log."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"no log files in {path}: give files, or a folder that holds them. Hidden files and runs of "
            "idcli do not count."
        )


class LogShrank(IdcliError):
    """A log file that lost bytes while it was read."""

    def __init__(self, path: str, expected: int, found: int) -> None:
        super().__init__(
            f"{path} changed while it was read: {expected:,} bytes at the start, {found:,} at the end. "
            "Nothing was written; replay again when the file is at rest."
        )


class LogChanged(IdcliError):
    """A log that is not what it was when it was replayed."""

    def __init__(self, path: str, before: int, after: int) -> None:
        super().__init__(
            f"{path} is not the log that was replayed ({before:,} bytes then, {after:,} now, another hash). "
            "Replay it again first."
        )


class LineRejected(IdcliError):
    """A line that cannot be used, under --strict."""

    def __init__(self, origin: object, reason: str) -> None:
        super().__init__(f"{origin}: {reason}. --strict stops at the first such line; nothing was written.")


class TooManyRejected(IdcliError):
    """More lines that cannot be used than --max-rejected allows; reasons: of the first ones."""

    def __init__(self, what: str, allowed: str, reasons: list[str]) -> None:
        super().__init__(
            f"{what}, and --max-rejected allows {allowed}: {'; '.join(reasons)}. Nothing was written."
        )


class AmbiguousDialect(IdcliError):
    """Several input formats recognise a log equally well."""

    def __init__(self, path: str, names: list[str]) -> None:
        super().__init__(
            f"{path}: its lines may be {' or '.join(names)};"
            f" say which with --dialect {names[0]} (see: idcli dialects)"
        )


class MixedVendors(IdcliError):
    """A log of vendors whose rules differ, and nobody says whose count."""

    def __init__(self, path: str, dialect: str, rules: str) -> None:
        super().__init__(
            f"{path} is of {dialect}, the files before it are replayed under {rules}: a replay follows the "
            "rules of one vendor. Say whose with --rules, or replay the files of each vendor apart. "
            "Nothing was written."
        )


class NothingToSortBy(IdcliError):
    """--order with a log whose lines tell no such time."""

    def __init__(self, order: str, example: str) -> None:
        """example: a line, and what stands there in place of the time."""
        time, other = ("arrival time", "; --order time may") if order == "arrival" else ("time", "")
        super().__init__(
            f"no line tells the {time} of its event{example}, so there is nothing to sort by{other}. "
            "Replay without --order: the order of the file is then all there is."
        )


class EventInBatch(IdcliError):
    """A plan that takes single events out of a line which holds several."""

    def __init__(self, origin: object) -> None:
        super().__init__(
            f"{origin} holds several events, of which some are left out, and it is not known how to keep the "
            "others. Write the log with one event a line, replay that and plan anew."
        )


class ProcessGone(IdcliError):
    """A process beside this one did not come to its end; what: it did."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the second process, which {what}, was ended from outside, perhaps for want of memory. "
            "Nothing was written; try --one-process."
        )
