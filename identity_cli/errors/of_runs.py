"""A run that cannot be written, opened or asked, and places where none may be."""

from identity_cli.errors import IdcliError

_LONGEST_REASON = 300


class FolderNotARun(IdcliError):
    """A folder that --run names and that idcli did not write."""

    def __init__(self, path: str, found: str) -> None:
        super().__init__(
            f"{path} holds {found}, which idcli did not write; it will not be replaced. "
            "Name another folder with --run."
        )


class NoPlaceForRun(IdcliError):
    """A place, named by --run, where no run folder can be made."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"no run can be made at {path}: {reason}. Name another folder with --run.")


class InputInRunFolder(IdcliError):
    """A file to be read that lies in the run folder to be replaced."""

    def __init__(self, path: str, folder: str) -> None:
        super().__init__(
            f"{'standard input' if path == '-' else path} is a file of the run {folder}, which this replay "
            "would replace. Nothing was changed: name another folder with --run."
        )


class OutputIsInput(IdcliError):
    """A file to be written that is also read."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is read by this command and will not be overwritten: name another file.")


class RunNotWritten(IdcliError):
    """A run that the disk or its limits did not take; room: a sentence on how much there is, and where."""

    def __init__(self, path: str, reason: str, room: str) -> None:
        super().__init__(
            f"cannot write the run {path}: {reason}. Nothing was changed. {room} "
            "Free some, or name a folder on another disk with --run (TMPDIR for what is sorted and tried)."
        )


class RunReplaced(IdcliError):
    """A run in whose place another stands by now."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the run {path} was replaced while it was read: ask again.")


class NoRun(IdcliError):
    """A command that reads a run, and there is none."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no run in {path}. Make one with `idcli replay LOG`, or name another.")


class CannotGoOn(IdcliError):
    """A run that --continue names and that no log can go on with.

    reason: as a clause. advice: what to do instead, as an order.
    """

    def __init__(self, path: str, reason: str, advice: str = "replay all files together") -> None:
        super().__init__(f"the run {path} cannot be continued: {reason}. Nothing was changed: {advice}.")


class RunUnreadable(IdcliError):
    """A run that this version cannot read."""

    def __init__(self, path: str, reason: str) -> None:
        told = " ".join(reason.split())[:_LONGEST_REASON]  # SQLite's may quote what stands in the file
        super().__init__(f"{path} cannot be read: {told}. Replay the log again.")


class NoEvents(IdcliError):
    """An export of events from a run that did not keep them."""

    def __init__(self) -> None:
        super().__init__("this run has no events table: replay with --events to keep one.")


class NoInternalUsers(IdcliError):
    """A command that tells internal users apart, and a run that does not."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"the run {folder} does not know who is internal: replay the log with --internal-users FILE."
        )


class NoPartOfItsOwn(IdcliError):
    """A part of a log that does not come alone to what it comes to in the whole."""

    def __init__(self) -> None:
        super().__init__(
            "the lines of these ids do not tell alone what they tell within the log: others show the time, "
            "or share their lines. Pack the whole: --with-log, without an ID."
        )


class BooksDoNotBalance(IdcliError):
    """Sums of a run that must be equal and are not."""

    def __init__(self, what: list[str]) -> None:
        super().__init__(
            f"the books do not balance: {'; '.join(what)}. This is a bug in idcli: do not rely on this run."
        )


class JournalDiffers(IdcliError):
    """Properties that do not follow from the journal of their run."""

    def __init__(self, person_id: str, keys: list[str]) -> None:
        super().__init__(
            f"the properties of person {person_id} do not follow from the journal ({', '.join(keys[:5])}). "
            "Replay the log again; if it happens again, this is a bug in idcli."
        )


class EngineUnsound(IdcliError):
    """A cluster's engine that lost, repeated or misplaced something; what: in one clause."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: what this engine comes to cannot be relied on. Apache Spark 4 is known to."
        )


class TaskStopped(IdcliError):
    """An error that stopped a task on a cluster; sentence: its own."""


class OutputThere(IdcliError):
    """Something stands where a file is to be written."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already, and will not be replaced: name another file.")
