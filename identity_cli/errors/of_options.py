"""Options that mean nothing, and what an installation lacks."""

from collections.abc import Iterable

from identity_cli.errors import IdcliError


class BadRejectionLimit(IdcliError):
    """A --max-rejected that is neither a number nor a share."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"cannot read --max-rejected {given!r}: write a number of lines, or a share such as 5%."
        )


class UnknownChoice(IdcliError):
    """A name that stands for nothing, where there are some to choose from."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        known = list(known)
        super().__init__(f"no {what} {name!r}: {_meant(name, known)}choose one of {', '.join(known)}.")


class UnknownOrder(IdcliError):
    """What persons are to be sorted by is neither an order nor a property; names: of all properties."""

    def __init__(self, name: str, known: Iterable[str], names: Iterable[str]) -> None:
        from difflib import get_close_matches

        names = list(names)
        likely = get_close_matches(name, names, 5, 0.6)
        some = [*likely, *(one for one in names if one not in likely)][:5]
        properties = f", such as {', '.join(some)}" if some else ""
        super().__init__(
            f"no order or property of persons {name!r}: choose one of {', '.join(known)}, "
            f"or any property that persons have{properties}; -NAME is from high to low."
        )


class UnknownCommand(IdcliError):
    """No command of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no command {name!r}: {_meant(name, known)}`idcli help` lists them all.")


def _meant(name: object, known: Iterable[str]) -> str:
    """What a mistyped name may have meant."""
    from difflib import get_close_matches

    likely = get_close_matches(str(name).lower(), list(known), 2, 0.7)
    return f"did you mean {' or '.join(likely)}? " if likely else ""


class UnknownRuleSet(UnknownChoice):
    """A rule set that does not exist."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__("rule set", name, known)


class BadOption(IdcliError):
    """A value that an option cannot have; needed: one that it can."""

    def __init__(self, what: str, given: object, needed: str) -> None:
        super().__init__(f"{what} cannot be {given!r}: give {needed}.")


class UnknownDialect(IdcliError):
    """No input format of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(
            f"no dialect {name!r}: {_meant(name, known)}there are {', '.join(known)} (see: idcli dialects)"
        )


class BadMapping(IdcliError):
    """A --map that does not say where a field stands."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(
            f"cannot read --map {given!r}: {reason}. Write FIELD=PATH, as in --map distinct_id=user.id, "
            "or name a file of such lines (see: idcli dialects generic)."
        )


class BadCondition(IdcliError):
    """A --where that is no condition."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"cannot read --where {given!r}: write KEY=VALUE, KEY!=VALUE, KEY~PART, KEY>VALUE (or <, >=, "
            "<=), 'KEY exists' or 'KEY missing', for example --where plan=pro."
        )


class BadMoment(IdcliError):
    """A moment of the log that is none."""

    def __init__(self, given: str, reason: str, option: str = "--as-of") -> None:
        super().__init__(
            f"cannot read {option} {given!r}: {reason}. Give a line (FILE:120), a time (2023-03-16T22:05) or "
            "a day."
        )


class ExtraMissing(IdcliError):
    """A format that needs a library which only some installations have."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what}: it takes one more library: pip install 'idcli[{extra}]'.")


class NoExport(IdcliError):
    """A comparison with the platform's own export, and none is given, or two kinds of them."""

    def __init__(self) -> None:
        super().__init__("give an export of persons or one of events: --persons EXPORT or --events EXPORT.")


class NoDataFrames(IdcliError):
    """A data frame, where no library that has any is installed."""

    def __init__(self) -> None:
        super().__init__("data frames take pandas or polars: pip install one of them.")
