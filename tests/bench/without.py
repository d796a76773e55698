"""idcli with a part of its replay taken out for which there is no option: what it would take without.

python -m tests.bench.without trend|audits replay LOG ...
"""

import sys

from identity_cli.__main__ import main
from identity_cli.audits.config import Config
from identity_cli.reading import watchers
from identity_cli.reading.periods import PeriodCounts
from identity_cli.replaying import one_replay

NO_AUDITS = Config(codes=frozenset())


def without_trend() -> None:
    """Count no events per hour."""
    kept = [make for make in watchers.BATCH_WATCHERS if make != PeriodCounts.asked]
    assert len(kept) < len(watchers.BATCH_WATCHERS)
    watchers.BATCH_WATCHERS = tuple(kept)


def without_audits() -> None:
    """Ask no audit, and try no other order of links."""
    replaying = vars(one_replay)
    ask = replaying["audit_report"]
    replaying["audit_report"] = lambda folder, _, **how: ask(folder, NO_AUDITS, **how)
    replaying["order_trials"] = lambda *_: ((), 0, 0)


PARTS = {"trend": without_trend, "audits": without_audits}

if __name__ == "__main__":
    PARTS[sys.argv.pop(1)]()
    main()
