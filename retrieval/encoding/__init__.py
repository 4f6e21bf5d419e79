"""Find, compile and run models: texts come in, vectors go out; question and passage come in, a score goes out.

A model is compiled to ONNX once, in a process that loads sentence-transformers; answering needs onnxruntime alone.
Searching in the vectors is left to `retrieval.index`.
"""
