"""What an id looks like: a placeholder, a login, a library's own."""

import re

PLACEHOLDERS = frozenset(
    {
        *("anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email"),
        *("undefined", "true", "false", "[object object]", "nan", "none", "null"),
        *("invalid", "unknown", "not set", "nil", "void", "test"),
    }
)
"""The platform's own list of ids unfit for linking, and what other platforms add to it."""
SENTINEL = "$posthog_cookieless"
"""The constant that a library sends for everybody without cookies."""
_MADE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+(?:[-_.: ]+[^\W\d_]+)*(?:[-_.]?\d{1,3})?")
_NOTHING = re.compile(r"[\s0-]*|-1")


def is_made_by_a_library(distinct_id: str) -> bool:
    """Whether it is a UUID, as libraries give a visitor whom nobody knows."""
    return _MADE.fullmatch(distinct_id) is not None


def is_a_word(distinct_id: str) -> bool:
    """Whether it is made of words, perhaps with a small number at its end: nobody's by chance."""
    return _WORDS.fullmatch(distinct_id) is not None


def is_placeholder(distinct_id: str) -> bool:
    """Whether it is what a program says where it knows nobody, quoted or not, in any case."""
    bare = distinct_id.strip().strip("\"'").lower()
    return bare in PLACEHOLDERS or _NOTHING.fullmatch(bare) is not None
