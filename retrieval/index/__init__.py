"""Hold the index in memory: row i is the same sentence in the dense, the lexical and the late interaction index.

Documents and their encoded sentences come in, rows with scores go out: dense (FAISS), lexical (BM25) and by late
interaction. Files and generations are left to `retrieval.store`, ranking to `retrieval.asking`.
"""
