"""What audits find in a run: gathered by cause, ranked by damage."""
