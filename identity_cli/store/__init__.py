"""One run on disk: its folder, and the schema of its database.

SQL is here and below; audits give conditions in it to what they ask.
"""
