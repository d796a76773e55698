"""The input formats, each in a module of its own."""

from identity_cli.dialects import posthog
from identity_cli.dialects.base import Dialect

POSTHOG = Dialect(
    name="posthog",
    title="PostHog events, one a line",
    decoder=posthog.decoder,
    lenient_decoder=posthog.lenient_decoder,
)

DIALECTS = {dialect.name: dialect for dialect in (POSTHOG,)}
