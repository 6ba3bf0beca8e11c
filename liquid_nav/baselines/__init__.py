"""Ordinary networks behind the interface of the liquid cores, to compare with: LSTM, GRU, TCN and
feed-forward.

None of them composes in time: two steps of dt1 and dt2 do not equal one of dt1 + dt2. Elapsed time
is an extra input; ``ScaledGRU`` scales its update by it instead.
"""

from liquid_nav.baselines.feedforward import FeedForward
from liquid_nav.baselines.recurrent import GRU, LSTM
from liquid_nav.baselines.scaled_gru import ScaledGRU
from liquid_nav.baselines.stacked import StackedFeedForward
from liquid_nav.baselines.tcn import TCN

__all__ = [
    "FeedForward",
    "GRU",
    "LSTM",
    "ScaledGRU",
    "StackedFeedForward",
    "TCN",
]
