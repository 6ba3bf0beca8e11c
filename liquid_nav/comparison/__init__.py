"""A fair comparison of networks in closed loop: entrants of equal size, trained on the same data,
flown on the same seeds, and how sure the differences are.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.comparison.analysis import Analysis
    from liquid_nav.comparison.entrants import ENTRANTS, Entrant
    from liquid_nav.comparison.page import answer, write_page
    from liquid_nav.comparison.plan import Plan, PlanError, load_plan
    from liquid_nav.comparison.plan_parts import Protocol, Question
    from liquid_nav.comparison.power import Design, Scatter, simulate_campaigns
    from liquid_nav.comparison.results import EntrantFacts, Results, load_results
    from liquid_nav.comparison.run import ComparisonRun
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
            "analysis": ["Analysis"],
            "entrants": ["ENTRANTS", "Entrant"],
            "page": ["answer", "write_page"],
            "plan": ["Plan", "PlanError", "load_plan"],
            "plan_parts": ["Protocol", "Question"],
            "power": ["Design", "Scatter", "simulate_campaigns"],
            "results": ["EntrantFacts", "Results", "load_results"],
            "run": ["ComparisonRun"],
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
    "Analysis",
    "Bootstrap",
    "ComparisonRun",
    "Design",
    "ENTRANTS",
    "Entrant",
    "EntrantFacts",
    "Estimate",
    "Plan",
    "PlanError",
    "Protocol",
    "Question",
    "Results",
    "Scatter",
    "Verdict",
    "answer",
    "count_parameters",
    "fit_size",
    "holm",
    "judge",
    "load_plan",
    "load_results",
    "pooled_mcnemar",
    "simulate_campaigns",
    "write_page",
]
