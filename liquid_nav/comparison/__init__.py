"""A fair comparison of networks in closed loop: entrants of equal size, trained on the same data,
flown on the same seeds, and how sure the differences are.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.comparison.entrants import ENTRANTS, Entrant
    from liquid_nav.comparison.power import Design, Scatter, simulate_campaigns
    from liquid_nav.comparison.size import count_parameters, fit_size
    from liquid_nav.comparison.statistics import (
        Bootstrap,
        Estimate,
        Verdict,
        holm,
        judge,
        pooled_mcnemar,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "entrants": ["ENTRANTS", "Entrant"],
            "power": ["Design", "Scatter", "simulate_campaigns"],
            "size": ["count_parameters", "fit_size"],
            "statistics": [
                "Bootstrap",
                "Estimate",
                "Verdict",
                "holm",
                "judge",
                "pooled_mcnemar",
            ],
        },
    )

__all__ = [
    "Bootstrap",
    "Design",
    "ENTRANTS",
    "Entrant",
    "Estimate",
    "Scatter",
    "Verdict",
    "count_parameters",
    "fit_size",
    "holm",
    "judge",
    "pooled_mcnemar",
    "simulate_campaigns",
]
