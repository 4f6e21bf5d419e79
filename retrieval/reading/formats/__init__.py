"""Readers of other formats than plain text, one module each: bytes in, parts of text and metadata out.

They run in a process of their own with little time and memory (see `retrieval.reading.isolated`), because the files are
hostile until proven otherwise. None of them opens a file.
"""
