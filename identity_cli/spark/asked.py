"""What may be asked of a replay on Spark."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from identity_cli.reading.options import ReplayOptions
from identity_cli.rules import DEFAULT
from identity_cli.spark.component_tables import Resolving
from identity_cli.spark.components import ON_DRIVER
from identity_cli.spark.skew import LARGE_COMPONENT

BLOCK_BYTES = 128 << 20


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
    def may_wait(self) -> bool:
        """Whether there is a buffer."""
        rules, asked = self.options.applied_rules, self.buffer_seconds
        return bool(rules.buffer_seconds if asked is None else asked)

    @property
    def resolving(self) -> Resolving:
        """How to resolve."""
        return Resolving(self.options.applied_rules, self.team_id, self.buffer_seconds, self.with_events)
