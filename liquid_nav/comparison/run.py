"""A comparison from nothing to its results, in a folder; whatever is finished there is not done
again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Callable, Sequence

from liquid_nav.comparison.entrants import ENTRANTS
from liquid_nav.comparison.frozen_data import FrozenData
from liquid_nav.comparison.plan import Plan, PlanError
from liquid_nav.comparison.plan_parts import END_TO_END, Protocol
from liquid_nav.comparison.protocol_run import ProtocolRun
from liquid_nav.comparison.results import Results
from liquid_nav.comparison.size import CoreConfig, fit_size
from liquid_nav.errors import UserError
from liquid_nav.evaluation import process_pool
from liquid_nav.types import COMMAND_FIELDS

KEPT = "plan.json"


class ComparisonRun:
    """One comparison in one folder."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        *,
        workers: int | None = None,
        report: Callable[[str], object] = print,
    ) -> None:
        """Begin or continue.

        Args:
            plan: what is trained and flown.
            folder: of the run.
            workers: processes; None: all cores.
            report: gets a line for each part that is done.

        Raises:
            PlanError: the folder was begun with another plan.
        """
        self.plan = plan
        self.folder = folder
        self.workers = workers
        self.report = report
        self.drivers = self._keep()
        """Entrants that drive flights of the data: those that were known when the run began."""

    def run(self, entrants: Sequence[str] = ()) -> dict[str, Results]:
        """Do what is left; returns the results of each protocol, which are also in the folder.

        Args:
            entrants: names of those that are trained and flown; none: all of the plan.

        Raises:
            UserError: an entrant is unknown, or cannot be made in the size of the others.
        """
        names = {
            name: _chosen(protocol, entrants) for name, protocol in self.plan.protocols.items()
        }
        wanted = [*self.drivers, *(one for chosen in names.values() for one in chosen)]
        cores = {name: self._core(name) for name in dict.fromkeys(wanted)}
        data = FrozenData(self.plan, self.folder, self.drivers, self.workers, self.report)
        results = {}
        with process_pool(self.workers) as pool:
            data.collect(cores, pool)
            for name, chosen in names.items():
                if name == END_TO_END and chosen:
                    data.compute_maps()
                run = ProtocolRun(name, self.plan, data, pool, self.report)
                results[name] = run.run(chosen, cores)
        return results

    def _core(self, name: str) -> CoreConfig:
        """Return the config of an entrant's core in the size of the plan."""
        if name not in ENTRANTS:
            raise UserError(f"unknown entrant '{name}'", f"choose one of: {', '.join(ENTRANTS)}")
        entrant = ENTRANTS[name]
        inputs = self.plan.encoder.policy.encoder.features
        return fit_size(
            entrant.make, self.plan.parameters, inputs, len(COMMAND_FIELDS), least=entrant.least
        )

    def _keep(self) -> list[str]:
        """Compare the plan with the one that lies in the folder, or leave it there."""
        path = self.folder / KEPT
        if path.exists():
            kept = json.loads(path.read_text())
            if kept["sha256"] != self.plan.digest():
                raise PlanError(
                    f"{self.folder} was begun with another plan",
                    "give the plan that it was begun with, or another folder",
                )
            drivers: list[str] = kept["drivers"]
            return drivers
        self.folder.mkdir(parents=True, exist_ok=True)
        drivers = list(self.plan.drivers or ENTRANTS)
        facts = {"sha256": self.plan.digest(), "drivers": drivers, "plan": asdict(self.plan)}
        path.write_text(json.dumps(facts, indent=1) + "\n")
        return drivers


def _chosen(protocol: Protocol, asked: Sequence[str]) -> list[str]:
    """Return the entrants of a protocol: those that are asked for, or all of it.

    A newcomer that a protocol does not list takes part in the one without a list.
    """
    if asked and protocol.entrants:
        return [name for name in asked if name in protocol.entrants]
    return list(asked or protocol.entrants or ENTRANTS)
