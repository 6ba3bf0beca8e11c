"""Ordinary networks behind the interface of the liquid cores, to compare with: LSTM, GRU, TCN and
feed-forward.

None of them composes in time: two steps of dt1 and dt2 do not equal one of dt1 + dt2. Elapsed time
is an extra input.
"""

from .feedforward import FeedForward
from .recurrent import GRU, LSTM
from .tcn import TCN

__all__ = ["GRU", "LSTM", "TCN", "FeedForward"]
