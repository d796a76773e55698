"""What a replay comes to once its log is resolved: tables, files, figures and findings."""
