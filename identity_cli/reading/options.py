"""What may be asked of a replay. In a shell and in Python the same is refused, in the same words."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.errors import BadOption, UnknownChoice
from identity_cli.files.machine import cores_to_use
from identity_cli.files.sources import LONGEST_LINE
from identity_cli.reading.left_out import LeftOut, check_address
from identity_cli.reading.rejections import rejection_limit
from identity_cli.reading.sorted_reader import ORDERS
from identity_cli.rules import AUTO, rule_set
from identity_cli.rules.base import RuleSet
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.graph import GraphFormat
from identity_cli.tables.graph_formats import ALWAYS, GRAPH_FORMATS
from identity_cli.tables.table import TableFormat

LONGEST_BUFFER = 366 * 24 * 3600
"""Seconds; nobody waits longer, and dates end somewhere."""
LARGEST_TEAM_ID = 2**31 - 1
"""The platform's own integers end there."""
MOST_JOBS = 256
MANY = 4
"""Processes that pay to read a log in turn: it takes half as much again of a processor as in two."""
MOST_BY_ITSELF = 32
"""Processes that nobody asked for: with more, what each takes of memory is more than the time is worth."""
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How to replay.

    None: the rules of the vendor that the log is of, the buffer that they have, each dialect as detected.
    rules may also be "auto". is_of_log: the rules were found in this way, so every file has to be of that
    vendor. by_dates: they were found by the dates of the log's beginning. table_formats, graph_formats: names
    of TABLE_FORMATS and GRAPH_FORMATS, several also in one text with commas; or "none". mapping: where the
    fields of any other log stand, see dialects.mapping. order: sort the log first, by "arrival" or by "time".
    dedupe: skip events that repeat an earlier one. left_out: events that are dropped, as
    FILE:LINE or FILE:LINE#NTH with FILE as it was given, or as a plan names them. blocked_ids: ids that
    count as illegal. evidence: whether to note what findings need beside the journal. one_process:
    do not read large logs in a second one. spill: resolve in parts, through files, so that memory need not
    hold all ids. memory: bytes that a replay may take before it does so by itself; None for what is free when
    it begins. jobs: how many processes may work at a time, as far as so many files may be open; None for
    as many as there are cores, up to MOST_BY_ITSELF, if these are at least MANY, and in parts one after the
    other. every_link: see
    dialects.base.Wanted; only for whoever leaves out events afterwards. longest_line: bytes, of what is
    longer only the beginning is kept, as a rejected line. max_rejected: see rejections. may_be_empty: whether
    a log, or a file of it, may hold no event, and no event a blocked id. only_persons: whether nobody asks
    for more than who is who, so that nothing is watched on the way, and no findings are looked for.
    csv_guard: whether an apostrophe in CSV files keeps spreadsheets from taking text for a formula.
    IdcliError for what none of them can be.
    """

    rules: str | None = None
    is_of_log: bool = False
    by_dates: bool = False
    buffer_seconds: float | None = None
    team_id: int = 1
    table_formats: Sequence[str] = ("csv",)
    graph_formats: Sequence[str] = ALWAYS
    with_events: bool = False
    strict: bool = False
    dialect: str | None = None
    mapping: tuple[str, ...] = ()
    order: str | None = None
    dedupe: bool = False
    left_out: tuple[str | LeftOut, ...] = ()
    blocked_ids: tuple[str, ...] = ()
    internal_users: str | Path | None = None
    evidence: bool = True
    one_process: bool = False
    spill: bool = False
    memory: int | None = None
    jobs: int | None = None
    every_link: bool = False
    longest_line: int = LONGEST_LINE
    max_rejected: str | None = None
    may_be_empty: bool = False
    only_persons: bool = False
    csv_guard: bool = True

    def __post_init__(self) -> None:
        """Refuse what means nothing, before anything is read or written."""
        if self.rules not in (None, AUTO):
            rule_set(self.rules)
        if self.order is not None and self.order not in ORDERS:
            raise UnknownChoice("order", self.order, ORDERS)
        _check_number("the buffer", self.buffer_seconds, (0, LONGEST_BUFFER), "seconds")
        _check_whole("the team id", self.team_id, (0, LARGEST_TEAM_ID))
        if self.jobs is not None:
            _check_whole("the jobs", self.jobs, (1, MOST_JOBS))
        if self.memory is not None:
            _check_whole("the memory", self.memory, (1, 2**53))
        _check_whole("the longest line", self.longest_line, (1, 2**53))
        if self.max_rejected is not None:
            rejection_limit(self.max_rejected)
        self._put("table_formats", _formats("table format", self.table_formats, TABLE_FORMATS))
        self._put("graph_formats", _formats("graph format", self.graph_formats, GRAPH_FORMATS))
        for name in self.table_formats:
            TABLE_FORMATS[name].check()
        for name in ("mapping", "left_out", "blocked_ids"):
            self._put(name, _several(name, getattr(self, name)))
        for event in self.left_out:
            check_address(event)

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def is_remembered(self) -> bool:
        """Whether the log can go on another day: not if it is sorted, or changed by a plan."""
        return not (self.only_persons or self.order is not None or self.left_out)

    @property
    def processes(self) -> int:
        """How many may work at a time; with 1, as with 2, two do where that pays."""
        if self.jobs is not None:
            return self.jobs
        cores = min(cores_to_use(), MOST_BY_ITSELF)
        return cores if cores >= MANY else 1

    @property
    def parts_at_a_time(self) -> int:
        """The same of a log in parts: one after the other, as long as nobody asks for more than memory."""
        return 1 if self.one_process else self.jobs or 1

    @property
    def written_tables(self) -> list[TableFormat]:
        """The formats of tables, as they are to be written."""
        formats = [TABLE_FORMATS[name] for name in self.table_formats]
        return formats if self.csv_guard else [form.for_programs() for form in formats]

    @property
    def written_graphs(self) -> list[GraphFormat]:
        """The same of the merge graph."""
        formats = [GRAPH_FORMATS[name] for name in self.graph_formats]
        return formats if self.csv_guard else [form.for_programs() for form in formats]

    @property
    def applied_rules(self) -> RuleSet:
        """The rules, with the blocked ids."""
        rules = rule_set(self.rules)  # mostly as they are: some ask for every event
        return replace(rules, blocked_ids=frozenset(self.blocked_ids)) if self.blocked_ids else rules


class GoingOn(NamedTuple):
    """A run that a log goes on with; given: the names of the options that are asked for again."""

    run: Path
    given: Collection[str] = ()


def _formats(what: str, asked: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """The names asked for, each once."""
    given = asked.split(",") if isinstance(asked, str) else list(asked)
    names = tuple(dict.fromkeys(name.strip() if isinstance(name, str) else name for name in given))
    if names == (NONE,):
        return ()
    for name in names:
        if name not in known:
            raise UnknownChoice(what, name, [*known, f"{NONE} (alone)"])
    return names


def _several(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(values, str):
        raise BadOption(name, values, "several, in a list")
    return tuple(values)


def _check_number(what: str, value: Any, ends: tuple[int, int], unit: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not ends[0] <= value <= ends[1]:
        raise BadOption(what, value, f"between {ends[0]} and {ends[1]} {unit}")


def _check_whole(what: str, value: Any, ends: tuple[int, int]) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not ends[0] <= value <= ends[1]:
        raise BadOption(what, value, f"a whole number from {ends[0]} to {ends[1]}")
