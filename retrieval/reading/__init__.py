"""Read a folder: files come in, documents with their text, blocks and metadata go out.

A file that cannot be read becomes a rejection with its reason and stops none of the others. Everything but plain text
and Markdown is parsed in a process of its own (`isolated`). Cutting prose into sentences is left to `retrieval.text`.
"""
