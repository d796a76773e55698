"""What may be asked of a replay on Spark."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from identity_cli.pieces.new_resolver import resolver_for
from identity_cli.reading.options import ReplayOptions
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import DEFAULT
from identity_cli.rules.base import RuleSet

BLOCK_BYTES = 128 << 20
ON_DRIVER = 20_000_000
"""Distinct links that the driver unites: in half a minute, with some 200 bytes for each id."""
LARGE_COMPONENT = 5_000_000
"""Events: more than a minute of one task, at some 15 microseconds each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How to replay: the options that a replay here shares with one of one machine, and what is Spark's.

    block_bytes: of a plain file that one task reads. partitions: of the replay; Spark's own choice where not
    said. on_driver: how many links the driver unites. large_component: events from which on a component is
    told before it is replayed, as it is one task. ordered: whether the tables come in the order of a run.
    """

    rules: str = DEFAULT
    buffer_seconds: float | None = None
    team_id: int = 1
    blocked_ids: Sequence[str] = ()
    dialect: str | None = None
    with_events: bool = False
    block_bytes: int = BLOCK_BYTES
    partitions: int | None = None
    on_driver: int = ON_DRIVER
    large_component: int = LARGE_COMPONENT
    ordered: bool = True
    options: ReplayOptions = field(init=False)

    def __post_init__(self) -> None:
        """UnknownChoice, BadOption for what none of them can be."""
        options = ReplayOptions(
            rules=self.rules,
            buffer_seconds=self.buffer_seconds,
            team_id=self.team_id,
            blocked_ids=tuple(self.blocked_ids),
            dialect=self.dialect,
            with_events=self.with_events,
        )
        object.__setattr__(self, "options", options)

    @property
    def rule_set(self) -> RuleSet:
        """The rules."""
        return self.options.applied_rules

    @property
    def may_wait(self) -> bool:
        """Whether there is a buffer."""
        asked = self.buffer_seconds
        return bool(self.rule_set.buffer_seconds if asked is None else asked)

    def resolver(self) -> PersonResolver:
        """A new one."""
        return resolver_for(self.options)
