"""Store the index on disk as generations: publish them whole, open them only if every checksum is right, roll back.

An index in memory comes in, a numbered folder that never changes goes out, and back. When an index is rebuilt, and
what of it, is left to `retrieval.upkeep`.
"""
