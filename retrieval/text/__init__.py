"""Work on strings alone: sentences, windows, terms, what a question asks for, and where an offset stands.

Strings and spans come in, strings and spans go out. Files, models and searches are left to other rooms.
"""
