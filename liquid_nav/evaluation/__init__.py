"""Evaluation: campaigns of flights, success rates with confidence intervals, tables, pictures and
reports.

A campaign is a map over a list of flights. Times measured on the clock are kept apart from the
records.
"""

from liquid_nav.evaluation.campaign import Campaign, available_cores, dask_cluster, process_pool
from liquid_nav.evaluation.metrics import ROW_KEYS, summarize, wilson_interval
from liquid_nav.evaluation.pilot_spec import PilotSpec
from liquid_nav.evaluation.seeds import format_seeds, parse_seeds
from liquid_nav.evaluation.task import FlightFailure, FlightSummary, FlightTask, run_task

__all__ = [
    "ROW_KEYS",
    "Campaign",
    "FlightFailure",
    "FlightSummary",
    "FlightTask",
    "PilotSpec",
    "available_cores",
    "dask_cluster",
    "format_seeds",
    "parse_seeds",
    "process_pool",
    "run_task",
    "summarize",
    "wilson_interval",
]
