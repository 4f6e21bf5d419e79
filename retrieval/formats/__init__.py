"""Readers of other formats than plain text, one module each: bytes in, parts of text and metadata out.

They run in a process of their own with little time and memory (see retrieval.extraction), for what they read is
hostile until the contrary is proven. None of them opens a file.
"""
