"""A finished run is opened read-only and asked, one method per question."""
