"""Turn a question into verified quotes, or into none.

Two searches find the candidates, features and learned weights rank them, a threshold on the probability decides between
answer and silence, and every quote is cut out of its document and compared with its checksum. How an answer looks is
left to whoever shows it.
"""
