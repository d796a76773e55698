"""The formats that the merge graph can have."""

from identity_cli.tables.dot import DOT
from identity_cli.tables.node_link import NODE_LINK

GRAPH_FORMATS = {form.name: form for form in (NODE_LINK, DOT)}
