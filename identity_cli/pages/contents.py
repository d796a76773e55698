"""What a page shows, as plain data: the template knows nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Table(NamedTuple):
    """A table; numbers: which columns hold numbers or places. more: what is left out, in words."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    numbers: frozenset[int] = frozenset()
    more: str = ""


class Figure(NamedTuple):
    """A drawing: its markup, what it is called, and a sentence below it."""

    title: str
    markup: str
    caption: str = ""


class ChartShown(NamedTuple):
    """A chart and its numbers."""

    figure: Figure
    table: Table


class FindingShown(NamedTuple):
    """A finding; damage: in a few words. anchor: of its body. persons: their anchors and names."""

    anchor: str
    severity: str
    title: str
    damage: str
    told: Sequence[str]
    figures: Sequence[Figure]
    tables: Sequence[Table]
    commands: Sequence[str]
    persons: Sequence[tuple[str, str]]


class PersonShown(NamedTuple):
    """A person on a page of its own."""

    anchor: str
    name: str
    about: str
    figure: Figure
    tables: Sequence[Table]
    person_id: str


class Indexed(NamedTuple):
    """A distinct id that the search finds, by all its person was ever called; anchor "": it has no page."""

    distinct_id: str
    name: str
    also: str
    events: int
    anchor: str


@dataclass
class Page:
    """One page. empty: said where no finding is; ids_in_all: of the run, of which the index has some."""

    kicker: str
    title: str
    lead: str
    numbers: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[FindingShown] = field(default_factory=list)
    findings_title: str = "Findings, by damage"
    empty: str = ""
    charts: list[ChartShown] = field(default_factory=list)
    persons_title: str = "Persons"
    persons: list[PersonShown] = field(default_factory=list)
    index: list[Indexed] = field(default_factory=list)
    ids_in_all: int = 0
    tables: list[tuple[str, Table]] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
