"""Measure how good the answers are: golden questions, SQuAD files, figures, curves and wrong answers.

An index and labelled questions come in, figures go out; `train` fits the weights of the ranker to them. Printing them
and making pages is left to `bot`.
"""
