"""Search the vectors of an index on other machines.

A searcher has an index folder and answers requests for the nearest rows and for token vectors, which are nine tenths of
an index. Whoever answers questions mirrors the other tenth (texts, words, the table of sentences, the model), so that
ranking, reading and verified quotes stay what and where they are. Building and publishing are left to the folder's
owner.
"""
