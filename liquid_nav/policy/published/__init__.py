"""The networks of the published flights, where their equations differ from this project's cells.

Source: Chahine et al., "Robust flight navigation out of distribution with liquid neural networks",
Science Robotics 2023. They count frames, not seconds: the elapsed time that they were trained with
is the constant 1.0.
"""

from liquid_nav.policy.published.closed_form import (
    PublishedCfC,
    PublishedMixedCfC,
    PublishedWiredCfC,
)
from liquid_nav.policy.published.headed import Headed
from liquid_nav.policy.published.published_ctrnn import PublishedCTRNN
from liquid_nav.policy.published.table_wiring import TableWiring

__all__ = [
    "Headed",
    "PublishedCTRNN",
    "PublishedCfC",
    "PublishedMixedCfC",
    "PublishedWiredCfC",
    "TableWiring",
]
