"""Keep the index on disk as generations: published whole, opened only when every checksum is right, rolled back.

An index in memory comes in, a numbered folder that never changes goes out, and back. What has to be rebuilt, and when,
is left to `retrieval.upkeep`.
"""
