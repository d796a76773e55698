"""What a project may say of its own: thresholds, which audits, what a login id looks like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

EXCLUSIVE_PROPERTIES = ("email", "phone", "user_id", "birth_date")
"""Of which a human has one at a time (peers call these exclusive traits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How to audit.

    thresholds: by the code of an audit, in place of its own. codes: of the audits to make, None for all.
    login_ids: patterns of ids that people log in with, beside those that the log shows. exclusive_properties:
    of which one human has one.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    codes: frozenset[str] | None = None
    login_ids: tuple[re.Pattern[str], ...] = ()
    exclusive_properties: tuple[str, ...] = EXCLUSIVE_PROPERTIES


DEFAULT = Config()
