"""Answer questions: cooldowns, a bounded queue, the search, and the card of the answer.

A question with its place and asker comes in, a card goes out. Discord's interactions are left to the handlers.
"""
