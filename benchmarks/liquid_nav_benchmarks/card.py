"""Measured rows go into the model's card and into the README.

Rows come from the log of the model's campaigns, or from files of ``liquid-nav evaluate --json``:

    python -m liquid_nav_benchmarks.card models/a --log --readme README.md --beside models/b
    python -m liquid_nav_benchmarks.card models/a rows.json --seeds 20000:20200
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    CAMPAIGN_LOG_NAME,
    format_failures,
    format_interval,
    format_time,
    pool_campaign_log,
)

Row = Mapping[str, Any]
BEGIN = "<!-- results -->"
END = "<!-- /results -->"
_NAMES = ("model", "scenario", "condition")


def merge_rows(old: Iterable[Row], new: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the old rows, those replaced that ``new`` has with the same model, scenario and
    condition.
    """
    merged = {tuple(row[name] for name in _NAMES): dict(row) for row in old}
    merged.update({tuple(row[name] for name in _NAMES): dict(row) for row in new})
    return list(merged.values())


def update_card(folder: Path, rows: Sequence[Row], seeds: str | None) -> list[dict[str, Any]]:
    """Merge rows into ``card.json`` of a model folder under ``evaluation`` and return all of them.

    Args:
        folder: The model's.
        rows: From a campaign; baselines' rows are welcome beside the model's.
        seeds: What the rows were measured on, kept with each, e.g. ``20000:20200``; None: the
            seeds that each row states.

    Raises:
        UserError: the card cannot be read or written.
    """
    path = folder / "card.json"
    try:
        card = json.loads(path.read_text())
        added = ({**row, "seeds": row["seeds"] if seeds is None else seeds} for row in rows)
        merged = merge_rows(card.get("evaluation", ()), added)
        card["evaluation"] = merged
        path.write_text(json.dumps(card, indent=2) + "\n")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"cannot update {path}: {error}", "give the folder of a saved model"
        ) from error
    return merged


def markdown_table(rows: Iterable[Row]) -> str:
    """Return a Markdown table of rows, with the way failures happened."""
    lines = [
        "| model | scenario | condition | flights | success | 95 % interval | mean time | failures "
        "|",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        cells = (
            *(str(row[name]) for name in _NAMES),
            str(row["flights"]),
            f"{100 * row['success_rate']:.1f} %",
            format_interval(row),
            format_time(row),
            format_failures(row),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def comparing_table(rows: Sequence[Row], others: Sequence[Row]) -> str:
    """Return a Markdown table with a line for each condition: success rates of one model and of
    another beside it.

    The scenarios and conditions are those of ``rows``, in their order; of a place that the other
    has not flown there is a dash.
    """
    models = (str(rows[0]["model"]), str(others[0]["model"]))
    scenarios = list(dict.fromkeys(str(row["scenario"]) for row in rows))
    conditions = list(dict.fromkeys(str(row["condition"]) for row in rows))
    found = {tuple(str(row[name]) for name in _NAMES): row for row in (*rows, *others)}
    columns = [(model, scenario) for scenario in scenarios for model in models]
    lines = [
        "| condition | "
        + " | ".join(f"`{model}` in {scenario}" for model, scenario in columns)
        + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for condition in conditions:
        cells = [_rate(found.get((model, scenario, condition))) for model, scenario in columns]
        lines.append(f"| {condition} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rate(row: Row | None) -> str:
    if row is None:
        return "-"
    return f"{100 * row['success_rate']:.0f} % of {row['flights']}"


def update_readme(path: Path, table: str) -> None:
    """Put a Markdown table between ``<!-- results -->`` and ``<!-- /results -->``.

    Raises:
        UserError: the file has no such markers.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise UserError(
            f"cannot read {path}: {error.strerror}", "give the path of the README"
        ) from error
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    block = f"{BEGIN}\n{table}\n{END}"
    replaced, count = pattern.subn(lambda _: block, text)
    if count != 1:
        raise UserError(
            f"{path} has {count} blocks for results", f"put {BEGIN} and {END} around one place"
        )
    path.write_text(replaced)


def main(arguments: Sequence[str] | None = None) -> None:
    """Merge result files of ``liquid-nav evaluate --json`` into a card, and optionally the card
    into a README.
    """
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav_benchmarks.card", description=__doc__
    )
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("results", type=Path, nargs="*", help="files written by evaluate --json")
    parser.add_argument(
        "--seeds", help="seeds of these results, e.g. 20000:20200; required with results"
    )
    parser.add_argument(
        "--log", action="store_true", help="take the rows from the log of the model's campaigns"
    )
    parser.add_argument("--readme", type=Path, help="README with the two markers")
    parser.add_argument(
        "--beside", type=Path, help="with --log: folder of a model that the README compares with"
    )
    options = parser.parse_args(arguments)
    if options.results and not options.seeds:
        parser.error("--seeds is required with results")
    if options.log and options.results:
        parser.error("give either --log or files of results")
    if options.beside and not (options.log and options.readme):
        parser.error("--beside needs --log and --readme")
    try:
        if options.log:
            rows = pool_campaign_log(options.model / CAMPAIGN_LOG_NAME)
            update_card(options.model, rows, None)
        else:
            rows = [row for path in options.results for row in json.loads(path.read_text())]
            rows = update_card(options.model, rows, options.seeds or "")
        if options.readme and options.beside:
            update_readme(
                options.readme,
                comparing_table(rows, pool_campaign_log(options.beside / CAMPAIGN_LOG_NAME)),
            )
        elif options.readme:
            update_readme(options.readme, markdown_table(rows))
    except (UserError, OSError, ValueError) as error:
        parser.exit(2, f"error: {error}\n")


if __name__ == "__main__":
    main()
