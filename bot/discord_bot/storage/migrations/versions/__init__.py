"""The steps of the database, one a file, named by their order; a released step never changes again.

Each begins with the revision before it. A step names no constant of the program, since those go on changing.
"""
