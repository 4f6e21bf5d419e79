"""Read a folder: files come in, documents with their text, blocks and metadata go out.

A file that cannot be read is rejected with a reason and does not affect the others. Everything but plain text and
Markdown is parsed in a process of its own (`isolated`). Splitting prose into sentences is left to `retrieval.text`.
"""
