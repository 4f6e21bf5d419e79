"""The commands of the terminal, one module for each or for a few alike; `cli` declares them.

Arguments and settings come in, printed text and an exit code go out: 0 answered or done, 1 no answer or a failed check,
2 error. The work itself is left to `retrieval`.
"""
