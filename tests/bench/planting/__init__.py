"""Logs with faults planted at known places, and how well the audits find them."""
