"""Which answer has which type."""

from typing import Any

from identity_cli.answers.common import WarningRecord
from identity_cli.answers.of_comparisons import Diff, Verification
from identity_cli.answers.of_counterfactuals import Culprits, RepairPlan, WhatIf, Why, WhyIdentified
from identity_cli.answers.of_figures import RunAudit, Trend
from identity_cli.answers.of_findings import AuditRecord
from identity_cli.answers.of_persons import Blame, EventOfPerson, Found, How, Person, PersonAsOf
from identity_cli.answers.of_runs import (
    Dialects,
    PersonRecord,
    RunSummary,
    Warnings,
    WarningTypes,
)

ANSWERS: dict[str, Any] = {
    "replay": RunSummary,
    "find": list[Found],
    "person": Person,
    "person-as-of": PersonAsOf,
    "persons": list[PersonRecord],
    "warnings": Warnings,
    "warnings-type": WarningTypes,
    "audits": list[AuditRecord],
    "warnings-all": list[WarningRecord],
    "events": list[EventOfPerson],
    "trend": Trend,
    "audit": RunAudit,
    "how": How,
    "blame": Blame,
    "why": Why,
    "why-id": WhyIdentified,
    "culprits": Culprits,
    "repair": RepairPlan,
    "whatif": WhatIf,
    "verify": Verification,
    "diff": Diff,
    "dialects": Dialects,
}
"""By command; what follows it tells which of a command's answers it is."""
