"""Labels on a Dask cluster: the same records in the same folder, which all workers see."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._cluster import run_pieces
from perovex.crystal.reading.paths import split_selector
from perovex.elasticity.labels.campaign import Job, Precondition, is_finished, label_many
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Calculators of each thread of a worker: they hold the state of the crystal in work.
_of_thread = threading.local()


@dataclass(frozen=True)
class _Campaign:
    """What a worker has to know of the folder that it labels into, and of how.

    Attributes
    ----------
    out : Path
        Absolute.
    token : str
        Name of a file that lies in the folder while the campaign runs: who sees it sees the right folder.
    """

    out: Path
    token: str
    potential: str
    settings: LabelSettings
    device: str
    precondition: Precondition | None


def label_on_cluster(
    jobs: Iterable[Job],
    out: str | Path,
    *,
    scheduler: str | None,
    potential: str = DEFAULT_POTENTIAL,
    settings: LabelSettings | None = None,
    device: str = "cpu",
    precondition: Precondition | None = None,
) -> Iterator[dict[str, Any]]:
    """Label crystals on the workers of a Dask cluster and yield their records as they finish.

    Workers write into the folder of records as `perovex.elasticity.labels.campaign.label_many` does, one crystal at a
    time each, so that a worker that dies leaves the checkpoint of its crystal to the next, other processes may label
    into the same folder, and what was finished is never done again.

    Parameters
    ----------
    jobs : iterable of Job
        Their files, like the folder, lie where all workers see them.
    out : path
        Folder of records.
    scheduler : str
        Address of the Dask scheduler, such as ``tcp://host:8786``.
    potential : str
        See `make_calculator`; every worker loads it.
    settings : LabelSettings, optional
        Protocol.
    device : str
        Torch device of the workers.
    precondition : Precondition, optional
        As in `label_many`; its calculator is made anew by every worker, from its name.

    Yields
    ------
    dict
        The record of each crystal that the cluster finished.

    Raises
    ------
    LabelError
        A worker does not see the folder or a file, or cannot load the potential.
    PerovexError
        The cluster cannot be reached, or a crystal was on too many workers that died.
    """
    folder = Path(out).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [
        (number, replace(job, path=job.path.absolute(), name=job.stem))
        for number, job in enumerate(jobs)
        if not is_finished(job, folder, potential)
    ]
    # a file that is missing here, too, is a rejected record; one that only a worker misses ends the run
    seen = {job.path for _, job in waiting if split_selector(job.path)[0].exists()}
    pieces = ((number, (job, job.path in seen)) for number, job in waiting)
    if precondition is not None:
        precondition = replace(precondition, calculator=None)  # no model travels
    token = folder / f".campaign-{uuid.uuid4().hex}"
    campaign = _Campaign(folder, token.name, potential, settings or LabelSettings(), device, precondition)
    token.touch()
    try:
        work = partial(_label_here, campaign=campaign)
        for _, record in run_pieces(work, pieces, executor="dask", scheduler=scheduler):
            if record is not None:
                yield record
    finally:
        token.unlink(missing_ok=True)


def _label_here(piece: tuple[Job, bool], campaign: _Campaign) -> dict[str, Any] | None:
    """Label one crystal on this worker; None if it is finished, or another process has it in work."""
    job, exists = piece
    if not (campaign.out / campaign.token).is_file():
        raise LabelError(
            "a worker of the cluster does not see the folder of records",
            remedy="give --out on a file system that all workers share",
            source=campaign.out,
        )
    if exists and not split_selector(job.path)[0].exists():
        raise LabelError(
            "a worker of the cluster does not see this file",
            remedy="keep structures on a file system that all workers share",
            source=job.path,
        )
    cheap = campaign.precondition
    if cheap is not None:
        cheap = replace(cheap, calculator=_calculator(cheap.potential, campaign.device))
    records = label_many(
        [job],
        campaign.out,
        potential=campaign.potential,
        settings=campaign.settings,
        calculator=_calculator(campaign.potential, campaign.device),
        precondition=cheap,
    )
    return next(iter(list(records)), None)


def _calculator(potential: str, device: str) -> Any:
    """Return the calculator of this thread, made once."""
    made = _of_thread.__dict__.setdefault("calculators", {})
    if (potential, device) not in made:
        made[potential, device] = make_calculator(potential, device=device)
    return made[potential, device]
