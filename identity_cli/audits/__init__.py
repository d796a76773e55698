"""What to look for in a finished run: one audit per module, which ends in its AUDIT.

A new one is a module, and its line in the tuple below.
"""

from identity_cli.audits import (
    duplicate_person,
    mega_person,
    merge_dangerously,
    placeholder_person,
    refused_merge,
    reversed_alias,
    several_logins,
    silent_attach,
)
from identity_cli.audits.audit import Audit

AUDITS: tuple[Audit, ...] = (
    silent_attach.AUDIT,
    several_logins.AUDIT,
    refused_merge.AUDIT,
    placeholder_person.AUDIT,
    mega_person.AUDIT,
    merge_dangerously.AUDIT,
    reversed_alias.AUDIT,
    duplicate_person.AUDIT,
)
