"""What to look for in a finished run: one audit per module, which ends in its AUDIT.

A new one is a module, and its line in the tuple below.
"""

from identity_cli.audits import (
    contaminated_window,
    duplicate_person,
    generic_id,
    mega_person,
    merge_dangerously,
    missing_reset,
    placeholder_person,
    refused_merge,
    reversed_alias,
    several_logins,
    shared_device,
    silent_attach,
)
from identity_cli.audits.audit import Audit

AUDITS: tuple[Audit, ...] = (
    silent_attach.AUDIT,
    several_logins.AUDIT,
    shared_device.AUDIT,
    missing_reset.AUDIT,
    contaminated_window.AUDIT,
    generic_id.AUDIT,
    refused_merge.AUDIT,
    placeholder_person.AUDIT,
    mega_person.AUDIT,
    merge_dangerously.AUDIT,
    reversed_alias.AUDIT,
    duplicate_person.AUDIT,
)
