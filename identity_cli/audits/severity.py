"""How bad a finding is."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)
