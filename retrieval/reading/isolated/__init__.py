"""Parse one file in a process of its own, with limits on time and memory and nothing that it can open.

`parent` starts `child` for each file and turns whatever becomes of it into a document or a rejection. What the formats
mean is left to `retrieval.reading.formats`.
"""
