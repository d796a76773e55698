"""Which of two ids is the account: the one that a link should be sent as, whose person stays."""

import re

from identity_cli.counterfactual.resolution import Scope
from identity_cli.pieces.edges import Key
from identity_cli.values.javascript import text as as_text

MADE_BY_LIBRARIES = re.compile(
    r"\$device:.*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{9,}(-[0-9a-f]+){3}-[0-9a-f]{9,}",
    re.IGNORECASE,
)
"""Forms of the ids that SDKs give to devices: UUIDs, Mixpanel's prefix, what the web made before."""


def account_first(scope: Scope, one: Key, two: Key) -> tuple[Key, Key]:
    """The account, then the other id, whichever was named first.

    The account is the one whose person is identified; else the one that is no `$device_id`; else the
    one that does not look as though a library had made it.
    """
    now = scope.resolve()
    devices = {
        as_text(event.properties.device_id) for _, event, _ in scope.steps if event.properties.device_id
    }

    def rank(key: Key) -> tuple[bool, bool, bool, str]:
        made = bool(MADE_BY_LIBRARIES.fullmatch(key[1]))
        return not now.is_identified(key), key[1] in devices, made, key[1]

    first, second = sorted((one, two), key=rank)
    return first, second
