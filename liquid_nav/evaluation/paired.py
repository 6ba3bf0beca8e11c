"""Two models on the same flights: who succeeds where, and whether the difference can be chance.

``python -m liquid_nav.evaluation.paired A.jsonl B.jsonl`` reads what ``liquid-nav evaluate
--records`` wrote: two files of one model each, or one file of two models. Flights are paired by
scenario, condition and seed. The logs of reported campaigns beside models can be given instead:
``models/a/campaigns.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation.campaign_log import SUCCESS, latest, other_rate, read_outcomes
from liquid_nav.evaluation.metrics import wilson_interval
from liquid_nav.evaluation.records_file import read_lines
from liquid_nav.evaluation.table import check_writable, write_rows

Place = tuple[str, str, int]
Successes = Mapping[Place, bool]
"""Whether the flight at (scenario, condition, seed) succeeded."""
MARK = " ("
"""What begins the mark behind a model's name, e.g. "default (state zeroed)"."""
REMEDY = (
    "give files of `liquid-nav evaluate --records`, or campaigns.jsonl of models: two of one model "
    "each, or one of two models"
)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the exact two-sided p-value of McNemar's test that both models are equally good.

    ``only_a``, ``only_b``: pairs in which only that model succeeded. Pairs in which both succeeded
    or both failed do not count.
    """
    if only_a + only_b == 0:
        return 1.0
    from scipy.stats import binomtest  # see metrics.wilson_interval

    return float(binomtest(only_a, only_a + only_b).pvalue)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of the pairs of flights of one scenario and condition."""

    scenario: str
    """Name of the scenario, or "all"."""
    condition: str
    """Name of the condition, with the frame rate where it is not the condition's own, or "all"."""
    both: int
    """Number of pairs in which both models succeeded."""
    only_a: int
    """Number of pairs in which only model A succeeded."""
    only_b: int
    """Number of pairs in which only model B succeeded."""
    neither: int
    """Number of pairs in which both models failed."""

    @property
    def pairs(self) -> int:
        """How many flights both models have flown."""
        return self.both + self.only_a + self.only_b + self.neither

    def row(self) -> dict[str, Any]:
        """Return counts, success rates with 95 % Wilson intervals, and McNemar's exact p-value."""
        row: dict[str, Any] = {
            "scenario": self.scenario,
            "condition": self.condition,
            "pairs": self.pairs,
            "both": self.both,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "neither": self.neither,
        }
        for name, successes in (("a", self.both + self.only_a), ("b", self.both + self.only_b)):
            low, high = wilson_interval(successes, self.pairs)
            row |= {
                f"rate_{name}": successes / self.pairs,
                f"low_{name}": low,
                f"high_{name}": high,
            }
        return row | {"p_value": mcnemar(self.only_a, self.only_b)}


def compare(a: Successes, b: Successes) -> list[Comparison]:
    """Return a comparison for each scenario and condition, and, of several, one of all pairs.

    Flights that only one of the two has flown are left out. Raises UserError if nothing is left.
    """
    common = [place for place in a if place in b]
    if not common:
        raise UserError(
            "the two models have no flight in common", "fly both in the same scenarios and seeds"
        )
    groups = list(dict.fromkeys(place[:2] for place in common))
    found = [_count(*group, [(a[p], b[p]) for p in common if p[:2] == group]) for group in groups]
    if len(groups) > 1:
        found.append(_count("all", "all", [(a[p], b[p]) for p in common]))
    return found


def _count(scenario: str, condition: str, pairs: list[tuple[bool, bool]]) -> Comparison:
    return Comparison(
        scenario,
        condition,
        *(
            pairs.count(kind)
            for kind in ((True, True), (True, False), (False, True), (False, False))
        ),
    )


def read(paths: Sequence[Path]) -> tuple[tuple[str, Successes], tuple[str, Successes]]:
    """Read name and flights of model A and of model B; raises UserError for other than two models,
    or bad files.
    """
    found = [part for path in paths for part in _models(path).items()]
    if len(found) != 2:
        names = ", ".join(name for name, _ in found) or "none"
        raise UserError(f"this compares two models, the files hold {len(found)}: {names}", REMEDY)
    return found[0], found[1]


def _models(path: Path) -> dict[str, dict[Place, bool]]:
    try:
        lines = [json.loads(line) for line in read_lines(path.read_bytes())]
        if lines and "successes" in lines[0]:
            return _logged(lines)
        return _recorded(lines, path)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", REMEDY) from error
    except UserError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} holds no flights ({type(error).__name__}: {error})", REMEDY
        ) from error


def _recorded(lines: Sequence[Mapping[str, Any]], path: Path) -> dict[str, dict[Place, bool]]:
    """Return the flights of a file of records: {model: its flights}."""
    models: dict[str, dict[Place, bool]] = {}
    for flight in lines:
        place = (str(flight["scenario"]), str(flight["condition"]), int(flight["seed"]))
        model = models.setdefault(str(flight["model"]), {})
        if place in model:
            raise UserError(f"{path} holds the flight {place} of {flight['model']} twice", REMEDY)
        model[place] = bool(flight["success"])
    return models


def _logged(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[Place, bool]]:
    """Return the flights in a campaign log of the weights that flew last: {model: its flights}.

    Flights with a mark (state zeroed, other dropped frames) are left out. A flight may be there
    twice: a campaign that broke off has a line, and so has the one that went on with it.
    """
    plain = latest([line for line in lines if MARK not in str(line["model"])])
    if not plain:
        return {}
    flights: dict[Place, bool] = {}
    for line in plain:
        place = (str(line["scenario"]), _condition(line))
        flights |= {
            (*place, seed): letter == SUCCESS for seed, letter in read_outcomes(line).items()
        }
    return {str(plain[-1]["model"]): flights}


def _condition(line: Mapping[str, Any]) -> str:
    """Return the condition's name, with the frame rate where it is not the condition's own."""
    rate = other_rate(line)
    if rate is None:
        return str(line["condition"])
    return f"{line['condition']}, {rate:g} Hz"


def table(names: tuple[str, str], comparisons: Sequence[Comparison]) -> str:
    """Return the result as Markdown."""
    lines = [
        f"A: {names[0]}, B: {names[1]}",
        "",
        "| scenario | condition | pairs | both | only A | only B | neither | A (95 %) | B (95 %) | "
        "McNemar p |",
        "|---|---|---:|---:|---:|---:|---:|---|---|---:|",
    ]
    for row in (comparison.row() for comparison in comparisons):
        counts = (
            str(row[k])
            for k in ("scenario", "condition", "pairs", "both", "only_a", "only_b", "neither")
        )
        rates = (
            f"{100 * row[f'rate_{m}']:.1f} % ({100 * row[f'low_{m}']:.1f} - "
            f"{100 * row[f'high_{m}']:.1f})"
            for m in "ab"
        )
        lines.append("| " + " | ".join((*counts, *rates, f"{row['p_value']:.3g}")) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m liquid_nav.evaluation.paired", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "records",
        type=Path,
        nargs="+",
        help="A.jsonl B.jsonl, or one file of two models; or two logs",
    )
    parser.add_argument("--json", type=Path, help="also write the rows as a list of flat objects")
    options = parser.parse_args(arguments)
    try:
        if options.json is not None:
            check_writable(options.json)
        (name_a, a), (name_b, b) = read(options.records)
        comparisons = compare(a, b)
        if options.json is not None:
            write_rows(
                options.json,
                [{"model_a": name_a, "model_b": name_b} | c.row() for c in comparisons],
            )
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    alone = len(a) + len(b) - 2 * len(set(a) & set(b))
    print(table((name_a, name_b), comparisons))
    if alone:
        print(f"\n{alone} flights of only one of the two are left out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
