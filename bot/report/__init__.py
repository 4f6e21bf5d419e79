"""The page of an evaluation: figures, plots and wrong answers in one file of HTML.

Measured runs come in, a page goes out. Measuring is left to `retrieval.measuring`.
"""
