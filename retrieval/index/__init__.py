"""Hold the index in memory: row i is the same sentence in the vectors, the terms and the tokens.

Documents and their encoded sentences come in, rows with scores go out: dense (FAISS), lexical (BM25) and by late
interaction. Files and generations are left to `retrieval.store`, ranking to `retrieval.asking`.
"""
