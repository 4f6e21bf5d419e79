"""Make the page of an evaluation: figures, plots and wrong answers in one HTML file.

A measured run comes in, a page goes out. Measuring is left to `retrieval.measuring`.
"""
