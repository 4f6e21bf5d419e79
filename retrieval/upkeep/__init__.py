"""Bring an index up to date with its folder: find changes, plan, rebuild, calibrate, gate, publish, verify.

A folder and its live generation come in, a new generation and a report go out. How generations are stored is left to
`retrieval.store`.
"""
