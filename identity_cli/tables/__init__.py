"""A run's tables and graphs as columns and files, one module per format."""
