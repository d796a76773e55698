"""One run on disk: its folder, and the schema of its database. The only SQL is here and below."""
