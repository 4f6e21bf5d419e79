"""Take a question and make a card of its answer: cooldowns, a bounded queue, the search, the card.

A question with its place and asker comes in, a card goes out. Discord's interactions are left to the handlers.
"""
