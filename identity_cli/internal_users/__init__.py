"""Who is staff and not a customer: from a project's own filters, or from a list of names."""

from identity_cli.internal_users.base import Filters, InternalUsers, NamedUsers
from identity_cli.internal_users.parsing import parse, read_internal_users

__all__ = ["Filters", "InternalUsers", "NamedUsers", "parse", "read_internal_users"]
