"""Change probabilities by their log-odds."""

import math


def lower_log_odds(probability: float, log_odds: float) -> float:
    """Lower the log-odds of a probability, in nats; 0 and 1 stay."""
    return probability / (probability + (1 - probability) * math.exp(log_odds))
