"""What an audit looks for, and what a type of warning means, as a page."""

from typing import TYPE_CHECKING

from identity_cli.cli.terminal.findings_page import STYLES
from identity_cli.cli.terminal.page import Page
from identity_cli.warning_types import WARNING_TYPES, WarningType

if TYPE_CHECKING:
    from identity_cli.audits.audit import Audit


def known_codes() -> list[str]:
    """Of audits, and types of ingestion warnings."""
    from identity_cli.audits.registry import AUDITS  # most lists of findings need none of them

    return [*(audit.code for audit in AUDITS), *WARNING_TYPES]


def explain(page: Page, code: str) -> None:
    """Tell what stands behind a code; UnknownChoice if it is none."""
    from identity_cli.audits.registry import AUDITS

    audit = next((one for one in AUDITS if one.code == code), None)
    if audit is not None:
        show_audit(page, audit)
    elif code in WARNING_TYPES:
        _show_type(page, code, WARNING_TYPES[code])
    else:
        from identity_cli.errors import UnknownChoice

        raise UnknownChoice("code", code, known_codes())


def show_audit(page: Page, audit: "Audit") -> None:
    """All that there is to say of an audit."""
    page.line((audit.code, f"bold {STYLES[audit.severity]}"), "  ", str(audit.severity), "  ", audit.title)
    threshold = "" if audit.threshold is None else f"{audit.threshold:g}: {audit.source}"
    for title, text in (
        ("Looks for", audit.looks_for),
        ("Evidence", audit.evidence),
        ("Threshold", threshold),
        ("False positives", audit.false_positives),
        ("What to do", audit.remedy),
    ):
        if text:
            page.paragraph(f"{title}: {text}")


def _show_type(page: Page, name: str, about: WarningType) -> None:
    page.line((name, f"bold {STYLES[about.severity]}"), "  ", about.severity, "  an ingestion warning")
    page.paragraph(about.meaning)
    page.paragraph(f"What to do: {about.remedy}")
