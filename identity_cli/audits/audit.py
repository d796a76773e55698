"""What an audit is, and what it says of one place of a log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from identity_cli.audits.config import Config
from identity_cli.audits.severity import Severity
from identity_cli.store.reading.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What an audit found in one place; those of one cause become one finding.

    message: one sentence in plain words. persons: their numbers. seqs: of the events that show it. time: of
    the first of them, where the journal does not have it. events, unique_users: see FindingRecord. lib,
    version: of the library that sent the first of them. cause: what else tells causes apart. seen: what is
    held against the threshold, or against `limit` where that is another. severity: where it is not the
    audit's.
    commands: to show more, before the audit's own. also: what it explains, each with the code of its audit;
    findings tell that, no audit does.
    """

    message: str
    distinct_ids: tuple[str, ...]
    seqs: tuple[int, ...]
    persons: tuple[int, ...] = ()
    time: str | None = None
    events: int = 0
    unique_users: int = 0
    lib: str | None = None
    version: str | None = None
    cause: str = ""
    seen: float | None = None
    limit: float | None = None
    severity: Severity | None = None
    confidence: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    also: tuple[tuple[str, "Suspicion"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One thing to look for.

    code: its stable name. title: in a few words. looks_for, evidence, false_positives, remedy: in sentences.
    threshold: the default, None where anything counts; source: where that comes from. several: one sentence
    of many suspicions of one cause, with {count}. find: what it finds in a run. adds_up: whether that asks
    how all ids began (store/reading/activity.py), which a process adds up once for all that ask.
    """

    code: str
    severity: Severity
    title: str
    looks_for: str
    evidence: str
    false_positives: str
    remedy: str
    several: str
    find: Callable[[Run, "Limit"], Iterable[Suspicion]]
    confidence: float = 0.9
    threshold: float | None = None
    source: str = ""
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """What an audit is to go by: the number to cross, and all that the project says of its own."""

    number: float
    config: Config
