"""Which library sent an event: each vendor's lines say it in their own place."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from identity_cli.counterfactual.raw_events import Raw, properties_of


class Sender(NamedTuple):
    """A library and its version; None where the line names none."""

    library: str | None
    version: str | None

    def __str__(self) -> str:
        if self.library is None:
            return "a sender that the line does not name"
        return self.library if self.version is None else f"{self.library} {self.version}"


def sender_of(raw: Raw) -> Sender:
    """The library that a line names."""
    for name, version in _told(raw):
        if isinstance(name, str) and name:
            return Sender(name, str(version) if isinstance(version, str | int | float) else None)
    return Sender(None, None)


def _told(raw: Raw) -> Iterator[tuple[Any, Any]]:
    inside = properties_of(raw)
    yield inside.get("$lib"), inside.get("$lib_version")  # PostHog
    yield inside.get("mp_lib"), inside.get("$lib_version")  # Mixpanel
    context = raw.get("context")
    library = context.get("library") if isinstance(context, dict) else None
    if isinstance(library, dict):  # Segment, RudderStack
        yield library.get("name"), library.get("version")
    library = raw.get("library")
    if isinstance(library, str):  # Amplitude: "amplitude-js/8.21.4"
        name, _, version = library.partition("/")
        yield name, version or None
    yield raw.get("name_tracker") and "snowplow", raw.get("v_tracker")
