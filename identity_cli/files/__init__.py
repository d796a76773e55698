"""Bytes on disk or in a pipe to lines and back: what is read, whatever it is packed in, and what is written.

The way in: a file (`raw_file`), or each member of an archive (`zip_file`, `tar_file`), is decompressed as
often as it takes (`compressed`), made UTF-8 (`utf16`), and read as lines by what its first bytes show
(`texts`): plain lines, one JSON document, CSV or TSV. Parquet stands alone. What is no log at all,
`foreign` tells by name. A kind that is new is a module and a line in one of the registries
`compressed.COMPRESSIONS`, `texts.of_kind`, `foreign.SIGNATURES`.

The way out: what is written takes its place whole, and takes nobody else's (`outputs`, `places`).
"""
