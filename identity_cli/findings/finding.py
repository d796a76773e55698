"""A finding: one thing that is wrong in a log, with its damage, its cause and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from identity_cli.answering import InNotebook
from identity_cli.answers.of_findings import (
    FindingAlso,
    FindingEvent,
    FindingRecord,
    FindingSince,
    FindingThreshold,
)
from identity_cli.audits.severity import Severity
from identity_cli.origins import Origin


@dataclass(frozen=True, slots=True)
class Moment:
    """An event that shows something; time in ISO form."""

    seq: int
    origin: Origin
    time: str | None

    @property
    def record(self) -> FindingEvent:
        """The same in JSON."""
        return {**self.origin.place, "time": self.time}


@dataclass(frozen=True, slots=True)
class Since:
    """Where it began: the first event that shows it, and the library that sent that; see FindingSince."""

    moment: Moment
    lib: str | None
    version: str | None
    before: float | None = None

    @property
    def record(self) -> FindingSince:
        """The same in JSON."""
        before = None if self.before is None else round(self.before, 3)
        return {**self.moment.record, "lib": self.lib, "version": self.version, "before": before}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(InNotebook):
    """See answers.of_findings.FindingRecord, which has the same fields.

    persons: the numbers of all, by the code of the audit that named them.
    """

    code: str
    severity: Severity
    confidence: float
    message: str
    distinct_ids: tuple[str, ...]
    person_ids: tuple[str, ...]
    events: int
    unique_users: int
    first: Moment
    last: Moment
    since: Since
    evidence: dict[str, Any] = field(default_factory=dict)
    threshold: FindingThreshold | None = None
    remedy: str = ""
    commands: tuple[str, ...] = ()
    fingerprint: str = ""
    persons: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def also(self) -> list[FindingAlso]:
        """What other audits saw of the same cause, in the order of audits."""
        also: list[FindingAlso] = self.evidence.get("also", [])
        return also

    @property
    def times_of(self) -> dict[str, int]:
        """In how many places it was seen, by the code of the audit, its own first."""
        own = self.evidence.get("times", 1)
        return {self.code: own if isinstance(own, int) else 1} | {
            one["code"]: one["times"] for one in self.also
        }

    def person_ids_of(self, code: str) -> Sequence[str]:
        """Of the persons that the audit of that code named."""
        seen = [one["person_ids"] for one in self.also if one["code"] == code]
        return self.person_ids if code == self.code else seen[0] if seen else ()

    def names(self, distinct_id: str) -> bool:
        """Whether the id is one of those named, by whichever audit."""
        return any(
            distinct_id in ids for ids in (self.distinct_ids, *(one["distinct_ids"] for one in self.also))
        )

    @property
    def damage(self) -> tuple[int, int, int, int]:
        """To sort by, the worst first: severity, unique users, events, place."""
        return self.severity.rank, -abs(self.unique_users), -self.events, self.first.seq

    @property
    def record(self) -> FindingRecord:
        """The same in JSON."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "confidence": self.confidence,
            "message": self.message,
            "distinct_ids": [*self.distinct_ids],
            "person_ids": [*self.person_ids],
            "events": self.events,
            "unique_users": self.unique_users,
            "first": self.first.record,
            "last": self.last.record,
            "since": self.since.record,
            "evidence": self.evidence,
            "threshold": self.threshold,
            "remedy": self.remedy,
            "commands": [*self.commands],
            "fingerprint": self.fingerprint,
        }
