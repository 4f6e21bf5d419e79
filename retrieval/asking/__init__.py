"""Turn a question into verified quotes, or into none.

Two searches find the candidates, features and learned weights rank them, and a threshold on the probability decides
whether there is an answer. Every quote is cut out of its document and compared with its checksum. Showing an answer is
left to `bot`.
"""
