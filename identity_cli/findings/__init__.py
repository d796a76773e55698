"""What audits find in a run: gathered by cause, ranked by damage, and told in the formats of other tools."""
