"""Event properties that the platform copies onto the person by itself.

The latest value goes to the person under its own name, the first one as `$initial_<name>`.
"""

from typing import Any

from identity_cli.events import Event
from identity_cli.rules.base import CopiedProperties


def names_to_read(copied: CopiedProperties | None) -> tuple[str, ...]:
    """The event properties that a reader must keep for these rules."""
    if copied is None:
        return ()
    return tuple(dict.fromkeys((*copied.latest, *copied.initial, "$is_server")))


def lent_by(event: Event, copied: CopiedProperties) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the event lends its person: latest values, and first values under their own names."""
    found = dict(event.properties.copied)
    if copied.knows_servers and found:
        found = _as_of_the_person(found)
    latest = {name: value for name, value in found.items() if name in copied.latest}
    initial = {
        copied.initial[name]: value
        for name, value in found.items()
        if name in copied.initial and (value is not None or copied.null_is_a_first_value)
    }
    return latest, initial


def _as_of_the_person(found: dict[str, Any]) -> dict[str, Any]:
    """A server's operating system is not the person's; elsewhere `$os_name` stands in for `$os`."""
    if found.get("$is_server") is True:
        return {name: value for name, value in found.items() if name not in ("$os", "$os_version")}
    if "$os_name" in found:
        name = found.pop("$os_name")
        found.setdefault("$os", name)
    return found
