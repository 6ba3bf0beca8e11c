"""Evaluation: campaigns of flights, success rates with confidence intervals, tables, pictures and
reports.

A campaign is a map over a list of flights. Times measured on the clock are kept apart from the
records.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.evaluation.campaign import Campaign, available_cores, dask_cluster, process_pool
    from liquid_nav.evaluation.campaign_log import (
        CAMPAIGN_LOG_NAME,
        append_to_campaign_log,
        belongs_in_campaign_log,
        pool_campaign_log,
    )
    from liquid_nav.evaluation.contact_sheet import draw_contact_sheet, save_picture
    from liquid_nav.evaluation.entrants import (
        build_pilot,
        check_distinct_pilots,
        frame_marks,
        read_places,
        resolve_pilot,
    )
    from liquid_nav.evaluation.flight_report import write_report
    from liquid_nav.evaluation.metrics import SUMMARY_KEYS, summarize_flights, wilson_interval
    from liquid_nav.evaluation.paired import mcnemar
    from liquid_nav.evaluation.pilot_spec import PilotSpec
    from liquid_nav.evaluation.progress import FlightProgress
    from liquid_nav.evaluation.records_file import FlightRecords
    from liquid_nav.evaluation.seeds import FIRST_REPORTED_SEED, format_seeds, parse_seeds
    from liquid_nav.evaluation.software import describe_software
    from liquid_nav.evaluation.style import (
        FAINT_COLOUR,
        FALLBACK_GROUND_COLOUR,
        GOOD_COLOUR,
        GROUND_COLOURS,
        INK_COLOUR,
        PLOT_STYLE,
        START_COLOUR,
        TARGET_COLOUR,
        TRUNK_COLOUR,
    )
    from liquid_nav.evaluation.table import (
        build_summary_table,
        check_writable,
        format_failures,
        format_interval,
        format_time,
        write_rows,
    )
    from liquid_nav.evaluation.task import (
        FlightFailure,
        FlightSummary,
        FlightTask,
        fly_task,
        prepare_worker_process,
    )
    from liquid_nav.evaluation.throughput import measure_throughput
    from liquid_nav.evaluation.top_view import draw_layout, draw_start_and_target, draw_top_view
    from liquid_nav.evaluation.video import VideoWriter, read_video
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "campaign": ["Campaign", "available_cores", "dask_cluster", "process_pool"],
            "campaign_log": [
                "CAMPAIGN_LOG_NAME",
                "append_to_campaign_log",
                "belongs_in_campaign_log",
                "pool_campaign_log",
            ],
            "contact_sheet": ["draw_contact_sheet", "save_picture"],
            "entrants": [
                "build_pilot",
                "check_distinct_pilots",
                "frame_marks",
                "read_places",
                "resolve_pilot",
            ],
            "flight_report": ["write_report"],
            "metrics": ["SUMMARY_KEYS", "summarize_flights", "wilson_interval"],
            "paired": ["mcnemar"],
            "pilot_spec": ["PilotSpec"],
            "progress": ["FlightProgress"],
            "records_file": ["FlightRecords"],
            "seeds": ["FIRST_REPORTED_SEED", "format_seeds", "parse_seeds"],
            "software": ["describe_software"],
            "style": [
                "FAINT_COLOUR",
                "FALLBACK_GROUND_COLOUR",
                "GOOD_COLOUR",
                "GROUND_COLOURS",
                "INK_COLOUR",
                "PLOT_STYLE",
                "START_COLOUR",
                "TARGET_COLOUR",
                "TRUNK_COLOUR",
            ],
            "table": [
                "build_summary_table",
                "check_writable",
                "format_failures",
                "format_interval",
                "format_time",
                "write_rows",
            ],
            "task": [
                "FlightFailure",
                "FlightSummary",
                "FlightTask",
                "fly_task",
                "prepare_worker_process",
            ],
            "throughput": ["measure_throughput"],
            "top_view": ["draw_layout", "draw_start_and_target", "draw_top_view"],
            "video": ["VideoWriter", "read_video"],
        },
    )

__all__ = [
    "CAMPAIGN_LOG_NAME",
    "Campaign",
    "FAINT_COLOUR",
    "FALLBACK_GROUND_COLOUR",
    "FIRST_REPORTED_SEED",
    "FlightFailure",
    "FlightProgress",
    "FlightRecords",
    "FlightSummary",
    "FlightTask",
    "GOOD_COLOUR",
    "GROUND_COLOURS",
    "INK_COLOUR",
    "PLOT_STYLE",
    "PilotSpec",
    "START_COLOUR",
    "SUMMARY_KEYS",
    "TARGET_COLOUR",
    "TRUNK_COLOUR",
    "VideoWriter",
    "append_to_campaign_log",
    "available_cores",
    "belongs_in_campaign_log",
    "build_pilot",
    "build_summary_table",
    "check_distinct_pilots",
    "check_writable",
    "dask_cluster",
    "describe_software",
    "draw_contact_sheet",
    "draw_layout",
    "draw_start_and_target",
    "draw_top_view",
    "fly_task",
    "format_failures",
    "format_interval",
    "format_seeds",
    "format_time",
    "frame_marks",
    "mcnemar",
    "measure_throughput",
    "parse_seeds",
    "pool_campaign_log",
    "prepare_worker_process",
    "process_pool",
    "read_places",
    "read_video",
    "resolve_pilot",
    "save_picture",
    "summarize_flights",
    "wilson_interval",
    "write_report",
    "write_rows",
]
