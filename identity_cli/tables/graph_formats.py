"""The formats that the merge graph can have."""

from identity_cli.tables.dot import DOT
from identity_cli.tables.graph_csv import EDGE_LIST
from identity_cli.tables.graphml import GRAPHML
from identity_cli.tables.mermaid import MERMAID
from identity_cli.tables.node_link import NODE_LINK

GRAPH_FORMATS = {form.name: form for form in (NODE_LINK, DOT, GRAPHML, MERMAID, EDGE_LIST)}
ALWAYS = (NODE_LINK.name, DOT.name)
"""Those that a replay writes unless it is asked for others."""
