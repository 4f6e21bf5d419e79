"""Hold the generation that answers, swap it when another goes live, and open older ones for old quotes.

An index folder comes in, passages and lists of documents go out. Searching is left to `retrieval`.
"""
