"""Train the reader: question sets come in, weights of a model that finds answers in a window of text go out.

`pairs` makes questions with windows that answer or do not, `batches` their tokens, `training_loop` the weights, and
`export` the file that is shipped. Reading with it is left to `retrieval.encoding.span_reader`, which needs no torch.
"""
