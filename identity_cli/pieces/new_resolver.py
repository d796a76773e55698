"""The resolver that a replay asks for: of a whole log, of a part of it, of a component on Spark."""

from identity_cli.reading.options import ReplayOptions
from identity_cli.resolver.person_resolver import PersonResolver


def resolver_for(options: ReplayOptions) -> PersonResolver:
    """One that has seen nothing yet."""
    return PersonResolver(
        options.applied_rules,
        team_id=options.team_id,
        buffer_seconds=options.buffer_seconds,
        attributing=options.with_events,
    )
