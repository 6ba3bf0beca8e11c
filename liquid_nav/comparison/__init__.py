"""A fair comparison of networks in closed loop: entrants of equal size, trained on the same data,
flown on the same seeds, and how sure the differences are.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.comparison.analysis import Analysis
    from liquid_nav.comparison.entrants import ENTRANTS, Entrant
    from liquid_nav.comparison.page import PICTURES, answer, write_page
    from liquid_nav.comparison.parting import Parting, find_partings
    from liquid_nav.comparison.parting_flights import film_parting
    from liquid_nav.comparison.plan import Plan, PlanError, load_plan
    from liquid_nav.comparison.plan_parts import END_TO_END, SHARED, Protocol, Question
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
            "page": ["PICTURES", "answer", "write_page"],
            "parting": ["Parting", "find_partings"],
            "parting_flights": ["film_parting"],
            "plan": ["Plan", "PlanError", "load_plan"],
            "plan_parts": ["END_TO_END", "Protocol", "Question", "SHARED"],
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
    "END_TO_END",
    "ENTRANTS",
    "Entrant",
    "EntrantFacts",
    "Estimate",
    "PICTURES",
    "Parting",
    "Plan",
    "PlanError",
    "Protocol",
    "Question",
    "Results",
    "SHARED",
    "Scatter",
    "Verdict",
    "answer",
    "count_parameters",
    "film_parting",
    "find_partings",
    "fit_size",
    "holm",
    "judge",
    "load_plan",
    "load_results",
    "pooled_mcnemar",
    "simulate_campaigns",
    "write_page",
]
