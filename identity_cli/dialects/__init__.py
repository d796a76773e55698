"""The input formats, each in a module of its own.

Detection goes by what the lines say, never by a file's name, and looks only at a file's
beginning.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from identity_cli.dialects import (
    amplitude,
    generic,
    mixpanel,
    posthog,
    posthog_capture,
    posthog_messages,
    posthog_rows,
    rudderstack,
    segment,
)
from identity_cli.dialects.base import Dialect, Unusable
from identity_cli.dialects.json_lines import value_of
from identity_cli.errors import AmbiguousDialect, BadMapping, UnknownDialect


def _dialect(name: str, title: str, module: Any, order_key: str, form_of: str | None = None) -> Dialect:
    """The dialect that a module describes."""
    return Dialect(
        name=name,
        title=title,
        guide=module.__doc__,
        recognises=module.recognises,
        decoder=module.decoder,
        lenient_decoder=getattr(module, "lenient_decoder", None),
        several=module in _SEVERAL,
        order_key=order_key,
        form_of=form_of,
    )


_SEVERAL = (posthog_capture, mixpanel, amplitude)
"""Those whose fast decoder gives the events of a line, not one event."""

POSTHOG = _dialect(
    "posthog", "PostHog events: from an SDK, from capture, from an export", posthog, posthog.ORDER_KEY
)
_FORMS = (
    ("posthog-capture", "PostHog capture bodies: a batch or an array of events", posthog_capture),
    ("posthog-messages", "PostHog ingestion messages, the event as text in data", posthog_messages),
    ("posthog-rows", "PostHog events as stored, properties as text", posthog_rows),
)
DIALECTS = {
    dialect.name: dialect
    for dialect in (
        POSTHOG,
        *(_dialect(*form, posthog.ORDER_KEY, form_of="posthog") for form in _FORMS),
        _dialect("segment", "Segment calls: identify, track, alias, ...", segment, "receivedAt"),
        _dialect(
            "rudderstack", "RudderStack calls: identify, track, alias, merge, ...", rudderstack, "receivedAt"
        ),
        _dialect(
            "mixpanel", "Mixpanel: raw export, or what its SDKs send", mixpanel, "mp_processing_time_ms"
        ),
        _dialect("amplitude", "Amplitude: event export and merged ids", amplitude, "server_upload_time"),
    )
}
"""Every dialect that is told from the lines, by name; `generic` needs a mapping."""

LINES_TO_JUDGE = 100
BYTES_TO_JUDGE = 1 << 20


def dialect_named(name: str) -> Dialect:
    """The dialect of that name; UnknownDialect."""
    if name == generic.NAME:
        raise BadMapping("", "the dialect generic needs to know where the distinct id stands")
    if name not in DIALECTS:
        raise UnknownDialect(name, [*DIALECTS, generic.NAME])
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
    kinds = {DIALECTS[name].form_of or name for name in best}
    if len(kinds) == 1 and len(best) > 1:
        return DIALECTS[kinds.pop()]
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
