"""Encode the windows of a rebuild on several machines, through tables in PostgreSQL.

A rebuild puts windows in, workers anywhere lease a few at a time, and vectors come out: the same bytes as from one
machine, or none. What becomes of them is left to the rebuild, which merges and publishes as ever.
"""
