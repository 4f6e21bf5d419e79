"""Readers of formats other than plain text, one module each: bytes come in, parts of text and metadata go out.

Each module has a function `read`, and `warm` if its library imports modules lazily. They run in a process of
their own with little time and memory (see `retrieval.reading.isolated`), since any file may be hostile. None of them
opens a file.
"""
