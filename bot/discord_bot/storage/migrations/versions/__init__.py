"""The migration steps, one per file, named in their order; a released step never changes.

Each names the revision before it. A step uses no constants of the program, because those may change later.
"""
