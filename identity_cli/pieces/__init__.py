"""Parts of a log that cannot matter to each other: told apart, replayed alone, and put together again."""
