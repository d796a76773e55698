"""Ids, events and properties that are asked for by name and are not there, or are several."""

from collections.abc import Sequence

from identity_cli.errors import IdcliError


class UnknownId(IdcliError):
    """Neither a distinct id nor a person id of the run."""

    def __init__(self, wanted: str, nearest: list[str]) -> None:
        alike = f" Alike, but perhaps of others: {', '.join(nearest)}." if nearest else ""
        super().__init__(
            f"no distinct_id or person {wanted!r} in this run.{alike} `idcli find` looks for e-mails, names "
            "and parts of ids too."
        )


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


class SeveralPersons(IdcliError):
    """An e-mail address that several persons have or had; ids: one of each."""

    def __init__(self, wanted: str, ids: Sequence[str]) -> None:
        more = "" if len(ids) <= 5 else f" and {len(ids) - 5} more"
        super().__init__(
            f"{wanted!r} is or was of {len(ids)} persons: {', '.join(ids[:5])}{more}. Give an id of the one "
            "that is meant; `idcli find` tells which had it when."
        )


class NotOfThatPerson(IdcliError):
    """An id that is asked for as one of a person's, and is none of them."""

    def __init__(self, wanted: str, person_id: str) -> None:
        super().__init__(f"{wanted!r} is no id of person {person_id}: `idcli person` shows which it has.")


class NotYetSeen(IdcliError):
    """An id that was not there yet at the moment asked for."""

    def __init__(self, wanted: str, moment: str, origin: object, waiting: Sequence[object] = ()) -> None:
        """waiting: where its events stand that waited in the buffer then."""
        waited = f" Its event at {waiting[0]} waited in the buffer then." if waiting else ""
        super().__init__(
            f"{wanted!r} had no person yet as of {moment}: it first has one at {origin}.{waited}"
        )


class UnknownProperty(IdcliError):
    """A property that a person never had."""

    def __init__(self, key: str, nearest: list[str]) -> None:
        hint = f" Nearest: {', '.join(nearest)}." if nearest else " It never had any."
        super().__init__(f"this person never had a property {key!r}.{hint}")


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


class NoSuchLine(IdcliError):
    """A line that none of the files has that may be meant; ends: of each its path and last line."""

    def __init__(self, named: str, ends: Sequence[tuple[str, int]]) -> None:
        shown = [f"{path} ends at line {last}" for path, last in ends[:3]]
        more = [] if len(ends) <= 3 else [f"{len(ends) - 3} more end before it too"]
        super().__init__(f"no line {named!r} in this run: {', '.join([*shown, *more])}. Give FILE:LINE.")


class EventNotMet(IdcliError):
    """An event that is to be left out and that the log does not have."""

    def __init__(self, origin: object, reason: str) -> None:
        super().__init__(f"{origin} cannot be left out: {reason}.")


class IdNotMet(IdcliError):
    """An id that is to be blocked and that the log does not have."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"{wanted!r} cannot be blocked: no event of the log has that id, or links it.")


class NoSuchFinding(IdcliError):
    """A code of which the run has no finding."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no finding {code!r} in this run: `idcli warnings` tells which it has.")
