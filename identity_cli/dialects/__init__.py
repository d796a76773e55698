"""The input formats, each in a module of its own that ends in its DIALECT.

A new one is a module and its line in the tuple below. Which one a log is of follows from what
its lines say, never from a file's name.
"""

from collections.abc import Iterable

from identity_cli.dialects import (
    amplitude,
    call_rows,
    ga4,
    generic,
    mixpanel,
    openpanel,
    posthog,
    posthog_capture,
    posthog_messages,
    posthog_rows,
    rudderstack,
    segment,
    snowplow,
)
from identity_cli.dialects.base import POSTHOG as VENDOR
from identity_cli.dialects.base import Dialect
from identity_cli.dialects.recognition import judged, recognised, weight_of
from identity_cli.errors import BadMapping, UnknownDialect

POSTHOG = posthog.DIALECT
DIALECTS = {
    dialect.name: dialect
    for dialect in (
        POSTHOG,
        posthog_capture.DIALECT,
        posthog_messages.DIALECT,
        posthog_rows.DIALECT,
        segment.DIALECT,
        rudderstack.DIALECT,
        mixpanel.DIALECT,
        amplitude.DIALECT,
        ga4.DIALECT,
        snowplow.DIALECT,
        call_rows.DIALECT,
        openpanel.DIALECT,
    )
}
"""Every dialect that is told from the lines, by name; `generic` needs a mapping."""


def dialect_named(name: str) -> Dialect:
    """The dialect of that name; UnknownDialect."""
    if name == generic.NAME:
        raise BadMapping("", "the dialect generic needs to know where the distinct id stands")
    if name not in DIALECTS:
        raise UnknownDialect(name, [*DIALECTS, generic.NAME])
    return DIALECTS[name]


def whose_rules(names: Iterable[str], rule_set: str) -> list[str]:
    """On whose rules persons follow, where they are not those of a log's own vendor.

    A sentence for all the dialects, of these names, of which the same is to be said.
    """
    owner = next((known.vendor for known in DIALECTS.values() if rule_set in known.own_rules), VENDOR)
    found = [DIALECTS.get(name) or generic.dialect({}) for name in names]
    alike: dict[str, list[Dialect]] = {}
    for dialect in found:
        if dialect.vendor != owner:
            alike.setdefault(_own_rules_of(dialect), []).append(dialect)
    return [
        f"Persons follow {owner}'s rules ({rule_set}); those of {_named(dialects)} {own}:"
        f" idcli dialects {dialects[0].name if len(dialects) == 1 else 'NAME'}"
        for own, dialects in alike.items()
    ]


def _own_rules_of(dialect: Dialect) -> str:
    if dialect.vendor == VENDOR:
        return "are the default"
    return f"are those of --rules {', '.join(dialect.own_rules)}" if dialect.own_rules else "are not modelled"


def _named(dialects: Iterable[Dialect]) -> str:
    *others, last = dict.fromkeys(dialect.vendor for dialect in dialects)
    return f"{', '.join(others)} and {last} themselves" if others else f"{last} itself"


def is_followed_by(rule_set: str, dialect: Dialect) -> bool:
    """Whether a log of that dialect may be replayed under that rule set where nobody says which."""
    if dialect.own_rules:
        return rule_set in dialect.own_rules
    return not any(rule_set in known.own_rules for known in DIALECTS.values())


def is_known(lines: Iterable[bytes]) -> bool:
    """Whether any dialect knows any of a log's first lines."""
    values = judged(lines)
    return any(weight_of(dialect, value) for dialect in DIALECTS.values() for value in values)


def detected(path: str, lines: Iterable[bytes]) -> Dialect:
    """The dialect of a log by its first lines, PostHog's where none knows them; AmbiguousDialect."""
    return recognised(path, lines, DIALECTS, POSTHOG)
