"""The input formats, each in a module of its own.

Detection goes by what the lines say, never by a file's name, and looks only at a file's
beginning.
"""

from collections.abc import Iterable, Sequence

from identity_cli.dialects import posthog
from identity_cli.dialects.base import Dialect, Unusable
from identity_cli.dialects.json_lines import value_of
from identity_cli.errors import AmbiguousDialect, UnknownDialect

POSTHOG = Dialect(
    name="posthog",
    title="PostHog events, one a line: from an SDK, from capture, from an export",
    guide=posthog.__doc__ or "",
    recognises=posthog.recognises,
    decoder=posthog.decoder,
    lenient_decoder=posthog.lenient_decoder,
    order_key="now, _received_at, _inserted_at or created_at",
)

DIALECTS = {dialect.name: dialect for dialect in (POSTHOG,)}

LINES_TO_JUDGE = 100
BYTES_TO_JUDGE = 1 << 20


def dialect_named(name: str) -> Dialect:
    """The dialect of that name; UnknownDialect."""
    if name not in DIALECTS:
        raise UnknownDialect(name, list(DIALECTS))
    return DIALECTS[name]


def detected(path: str, lines: Iterable[bytes]) -> Dialect:
    """The dialect that recognises most of a file's first lines; PostHog's where none does.

    AmbiguousDialect if two recognise as many.
    """
    values = _judged(lines)
    scores = {dialect.name: sum(map(dialect.recognises, values)) for dialect in DIALECTS.values()}
    most = max(scores.values())
    best = [name for name, score in scores.items() if score == most]
    if most == 0:
        return POSTHOG
    if len(best) > 1:
        raise AmbiguousDialect(path, best)
    return DIALECTS[best[0]]


def _judged(lines: Iterable[bytes]) -> Sequence[object]:
    """The JSON values of the first lines that have one."""
    values: list[object] = []
    size = 0
    for line in lines:
        if len(values) >= LINES_TO_JUDGE or size > BYTES_TO_JUDGE:
            break
        size += len(line)
        try:
            values.append(value_of(line))
        except Unusable:
            continue
    return values
