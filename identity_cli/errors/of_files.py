"""Files beside the log that are not what they should be: exports, plans, lists."""

from identity_cli.errors import IdcliError


class NoAnswer(IdcliError):
    """An export that does not tell who is who."""

    def __init__(self, rows: int, needed: str) -> None:
        super().__init__(
            f"none of the {rows:,} rows of the export names a person: it needs {needed}. "
            "Give --persons an export of persons, --events one of events."
        )


class BadSettings(IdcliError):
    """A file of settings that cannot be followed."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}.")


class BadBaseline(IdcliError):
    """A baseline that is none."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path}: no findings to compare with: give a run folder, its findings.ndjson, or what "
            "`idcli warnings --format json` printed."
        )


class BadPlan(IdcliError):
    """A file that is no repair plan."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read the plan {path}: {reason}. `idcli repair ID --format json` writes one."
        )


class PlanOfAnotherLog(IdcliError):
    """A plan that was made of a log which is none of these."""

    def __init__(self, file: str, size: int) -> None:
        super().__init__(
            f"the plan was made of another log: no file here begins with the {size:,} bytes that {file} had. "
            "Replay that one, or plan anew."
        )


class InternalUsersUnreadable(IdcliError):
    """A file of internal users that is none."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read internal users from {path}: {reason}. Give the project's test_account_filters as "
            "JSON, or ids, e-mail addresses and domains, one a line."
        )


class IdsUnreadable(IdcliError):
    """A file of ids that cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot read ids from {path}: {reason}. Give a file with one a line, as text or JSON."
        )


class NotWrittenByUs(IdcliError):
    """A file where one of ours would go."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there and not of idcli: move it away first. Nothing was written.")
