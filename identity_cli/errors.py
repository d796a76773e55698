"""What stops a command: each error writes its own sentence, and what to do next.

Problems *in* a log are values (rejected lines, ingestion warnings), never these.
"""

from collections.abc import Sequence
from typing import Any


class ExitCode:
    """What the shell sees."""

    FINE = 0
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


class LogGone(LogUnreadable):
    """A log that was replayed and is to be read again, but is not where it was."""

    def __init__(self, path: str) -> None:
        IdcliError.__init__(
            self,
            "cannot read standard input again: replay the log from a file."
            if path == "-"
            else f"cannot read {path} again: it is not there, seen from this folder. "
            "Go where the log was replayed.",
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
    """A file, named by the user, in which not one line is an event; reasons: what is wrong with the first."""

    def __init__(self, path: str, reasons: list[str]) -> None:
        IdcliError.__init__(
            self,
            f"not one line of {path} is an event: is it the right file? {'; '.join(reasons)}. "
            f"{_WHAT_CAN_BE_READ}",
        )


class TooManyRejected(IdcliError):
    """More lines that cannot be used than --max-rejected allows; reasons: of the first ones."""

    def __init__(self, what: str, allowed: str, reasons: list[str]) -> None:
        super().__init__(
            f"{what}, and --max-rejected allows {allowed}: {'; '.join(reasons)}. Nothing was written."
        )


class BadRejectionLimit(IdcliError):
    """A --max-rejected that is neither a number nor a share."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"cannot read --max-rejected {given!r}: write a number of lines, or a share such as 5%."
        )


class LogShrank(IdcliError):
    """A log file that lost bytes while it was read."""

    def __init__(self, path: str, expected: int, found: int) -> None:
        super().__init__(
            f"{path} changed while it was read: {expected:,} bytes at the start, {found:,} at the end. "
            "Nothing was written; replay again when the file is at rest."
        )


class ProcessGone(IdcliError):
    """A process beside this one did not come to its end; what: it did."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the second process, which {what}, was ended from outside, perhaps for want of memory. "
            "Nothing was written; try --one-process."
        )


class NoLogs(IdcliError):
    """A folder without a file that could be a log."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"no log files in {path}: give files, or a folder that holds them. Hidden files and runs of "
            "idcli do not count."
        )


class LineRejected(IdcliError):
    """A line that cannot be used, under --strict."""

    def __init__(self, origin: object, reason: str) -> None:
        super().__init__(f"{origin}: {reason}. --strict stops at the first such line; nothing was written.")


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
    """A run that the disk or its limits did not take; room: how much there is, and where."""

    def __init__(self, path: str, reason: str, room: str) -> None:
        super().__init__(
            f"cannot write the run {path}: {reason}. Nothing was changed. There is room for {room}: "
            "free some, or name a folder on another disk with --run (TMPDIR for what is sorted and tried)."
        )


class RunReplaced(IdcliError):
    """A run in whose place another stands by now."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the run {path} was replaced while it was read: ask again.")


class NoRun(IdcliError):
    """A command that reads a run, and there is none."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no run in {path}. Make one with `idcli replay LOG`, or name another.")


class RunUnreadable(IdcliError):
    """A run that this version cannot read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}. Replay the log again.")


class UnknownId(IdcliError):
    """Neither a distinct id nor a person id of the run."""

    def __init__(self, wanted: str, nearest: list[str]) -> None:
        hint = f" Nearest: {', '.join(nearest)}." if nearest else " `idcli persons` lists them all."
        super().__init__(f"no distinct_id or person {wanted!r} in this run.{hint}")


class IdWithoutPerson(IdcliError):
    """A distinct id that was seen, but never with a person profile."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"{wanted!r} has no person: all its events carry $process_person_profile false, "
            "so the platform never made one."
        )


class AmbiguousId(IdcliError):
    """An id that several teams have."""

    def __init__(self, wanted: str, teams: list[int]) -> None:
        names = ", ".join(str(team) for team in teams)
        super().__init__(f"{wanted!r} is in teams {names}: say which with --team-id.")


class IdOfAnotherTeam(IdcliError):
    """An id that the team asked for does not have, but others do."""

    def __init__(self, wanted: str, asked: int, teams: list[int]) -> None:
        names = ", ".join(str(team) for team in teams)
        super().__init__(f"{wanted!r} is not in team {asked}, but in {names}: say which with --team-id.")


class UnknownRuleSet(IdcliError):
    """A rule set that does not exist."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no rule set {name!r}: choose one of {', '.join(known)}.")


class NoEvents(IdcliError):
    """An export of events from a run that did not keep them."""

    def __init__(self) -> None:
        super().__init__("this run has no events table: replay with --events to keep one.")


class BadCondition(IdcliError):
    """A --where that is not KEY=VALUE."""

    def __init__(self, given: str) -> None:
        super().__init__(f"cannot read --where {given!r}: write KEY=VALUE, for example --where plan=pro.")


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


class InternalUsersUnreadable(IdcliError):
    """A file of internal users that is none."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read internal users from {path}: {reason}. Give the project's test_account_filters as "
            "JSON, or ids, e-mail addresses and domains, one a line."
        )


class NoInternalUsers(IdcliError):
    """A command that tells internal users apart, and a run that does not."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"the run {folder} does not know who is internal: replay the log with --internal-users FILE."
        )


class UnknownDialect(IdcliError):
    """No input format of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no dialect {name!r}; there are {', '.join(known)} (see: idcli dialects)")


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


class BadMapping(IdcliError):
    """A --map that does not say where a field stands."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(
            f"cannot read --map {given!r}: {reason}. Write FIELD=PATH, as in --map distinct_id=user.id, "
            "or name a file of such lines (see: idcli dialects generic)."
        )


class NoAnswer(IdcliError):
    """An export that does not tell who is who."""

    def __init__(self, rows: int, needed: str) -> None:
        super().__init__(
            f"none of the {rows:,} rows of the export names a person: it needs {needed}. "
            "Give --persons an export of persons, --events one of events."
        )


class LogChanged(IdcliError):
    """A log that is not what it was when it was replayed."""

    def __init__(self, path: str, before: int, after: int) -> None:
        super().__init__(
            f"{path} is not the log that was replayed ({before:,} bytes then, {after:,} now, another hash). "
            "Replay it again first."
        )


class ExtraMissing(IdcliError):
    """A format that needs a library which only some installations have."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what}: reading it takes one more library: pip install 'idcli[{extra}]'.")


class NoSuchEvent(IdcliError):
    """An event that is not in the log."""

    def __init__(self, named: str) -> None:
        super().__init__(
            f"no event {named!r} in the log of this run: give its uuid, or FILE:LINE as idcli prints it."
        )


class AmbiguousEvent(IdcliError):
    """A name that several events go by."""

    def __init__(self, named: str, places: Sequence[object]) -> None:
        shown = [*map(str, places[:3]), *([] if len(places) <= 3 else [f"{len(places) - 3} more"])]
        super().__init__(f"{named!r} may be {', '.join(shown[:-1])} or {shown[-1]}: say which.")


class EventNotMet(IdcliError):
    """An event that is to be left out and that the log does not have."""

    def __init__(self, origin: object, reason: str) -> None:
        super().__init__(f"{origin} cannot be left out: {reason}.")


class IdNotMet(IdcliError):
    """An id that is to be blocked and that the log does not have."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"{wanted!r} cannot be blocked: no event of the log has that id, or links it.")


class PlanOfAnotherLog(IdcliError):
    """A plan that was made of a log which is none of these."""

    def __init__(self, file: str, size: int) -> None:
        super().__init__(
            f"the plan was made of another log: no file here begins with the {size:,} bytes that {file} had. "
            "Replay that one, or plan anew."
        )


class BadPlan(IdcliError):
    """A file that is no repair plan."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read the plan {path}: {reason}. `idcli repair ID --format json` writes one."
        )


class EventInBatch(IdcliError):
    """A plan that takes single events out of a line which holds several."""

    def __init__(self, origin: object) -> None:
        super().__init__(
            f"{origin} holds several events, of which some are left out, and it is not known how to keep the "
            "others. Write the log with one event a line, replay that and plan anew."
        )


class UnknownProperty(IdcliError):
    """A property that a person never had."""

    def __init__(self, key: str, nearest: list[str]) -> None:
        hint = f" Nearest: {', '.join(nearest)}." if nearest else " It never had any."
        super().__init__(f"this person never had a property {key!r}.{hint}")


class BadMoment(IdcliError):
    """A moment of the log that is none."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(
            f"cannot read --as-of {given!r}: {reason}. Give a line (FILE:120), a time (2023-03-16T22:05) or "
            "a day."
        )


class NotYetSeen(IdcliError):
    """An id that was not there yet at the moment asked for."""

    def __init__(self, wanted: str, moment: str, origin: object, waiting: Sequence[object] = ()) -> None:
        """waiting: where its events stand that waited in the buffer then."""
        waited = f" Its event at {waiting[0]} waited in the buffer then." if waiting else ""
        super().__init__(
            f"{wanted!r} had no person yet as of {moment}: it first has one at {origin}.{waited}"
        )


class IdsUnreadable(IdcliError):
    """A file of ids that cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read ids from {path}: {reason}. Give a file with one a line, as text or JSON."
        )
