"""The platform's ids of persons, so that they can be joined with its exports.

Each follows from the distinct id that the person was made with, which nobody had then: so two persons never
share one, be they of two replays of parts of a log.
"""

from collections.abc import Iterable
from functools import partial

try:  # hashlib's own goes by way of OpenSSL, which takes longer to set up than to compute so few bytes
    from _sha1 import sha1  # type: ignore[import-not-found]  # typeshed does not know it
except ImportError:
    import hashlib

    sha1 = partial(hashlib.sha1, usedforsecurity=False)

PERSON_NAMESPACE = bytes.fromhex("932979b465c3442484670b66ec27bc22")
"""The platform's namespace, so that person ids can be joined with its exports."""


def person_uuid(team_id: int, distinct_id: str) -> str:
    """The platform's person id for a person made with that distinct id."""
    return person_uuids([(team_id, distinct_id)])[0]


def person_uuids(creators: Iterable[tuple[int, str]]) -> list[str]:
    """The same of many, each given by team and distinct id: every person of a run has one."""
    names = [PERSON_NAMESPACE + f"{team_id}:{distinct_id}".encode() for team_id, distinct_id in creators]
    # RFC 9562 by hand, all at once: uuid.uuid5 takes ten times as long, one by one three times.
    uuids = bytearray().join([sha1(name).digest()[:_BYTES] for name in names])
    uuids[6::_BYTES] = uuids[6::_BYTES].translate(_VERSION)
    uuids[8::_BYTES] = uuids[8::_BYTES].translate(_VARIANT)
    texts = bytearray(uuids.hex("-", 2), "ascii")  # xxxx-xxxx-xxxx-xxxx-xxxx-xxxx-xxxx-xxxx-xxxx-...
    for width, hyphen_too_many in ((40, 34), (39, 29), (38, 4)):
        del texts[hyphen_too_many::width]
    texts[36::37] = b"\n" * (len(names) - 1)
    return texts.decode().split()


_BYTES = 16
_VERSION = bytes(0x50 | byte & 0x0F for byte in range(256))  # 5
_VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))
