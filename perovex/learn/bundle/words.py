"""What models say of themselves: their card, where they have shown no skill, and what kinds they never learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from perovex._numbers import with_interval
from perovex._words import enumerated, group_words, joined
from perovex.learn.bundle.proven import experiment_scores, narrow_coverages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perovex.learn.bundle.proven import PartScore

SCORES = "Held-out scores"
_ALGORITHMS = {
    "average": "average of boosted trees, a Gaussian process and a linear model",
    "xgboost": "boosted trees (xgboost)",
}
#: Kinds of crystals (`perovex.learn.bundle.known.KINDS`) in words, where these are others.
KIND_NAMES: Final = {"phase": "family", "cage": "cage cation"}
_MEASURED = "on crystals whose structure was measured"


class NewKind(NamedTuple):
    """What a crystal has that no training crystal had: a kind, its value, and those that were learnt from."""

    kind: str
    value: Any
    seen: Sequence[Any]


def new_kind_in_words(new: NewKind) -> str:
    """Say what no training crystal had.

    Examples
    --------
    >>> new_kind_in_words(NewKind("halide", "Cl", ["Br", "I"]))
    'halide Cl was never seen in training (Br, I)'
    >>> new_kind_in_words(NewKind("dimensionality", 3, [2]))
    'a 3D network, and only 2D crystals were learnt from'
    """
    if new.kind == "dimensionality":
        return f"a {new.value:g}D network, and only {kinds_in_words(new.seen)}D crystals were learnt from"
    kind = KIND_NAMES.get(new.kind, new.kind)
    named = f"no {kind}" if new.value == "" else f"{kind} {_shown(new.value)}"
    mixed = "mixed " if "/" in str(new.value) else ""
    return f"{mixed}{named} was never seen in training ({kinds_in_words(new.seen)})"


def domain_reason(new: Sequence[NewKind], infinite: str, reason: str) -> str:
    """Say why a row lies outside what was learnt; empty where it lies inside.

    Parameters
    ----------
    new : sequence of NewKind
    infinite : str
        Names of infinite descriptors, empty for none.
    reason : str
        What the applicability domain says.

    Examples
    --------
    >>> domain_reason([], "n_layers", "")
    'infinite: n_layers'
    """
    of_infinite = f"infinite: {infinite}" if infinite else ""
    return joined([*map(new_kind_in_words, new), of_infinite, reason])


def kinds_in_words(values: Sequence[Any]) -> str:
    """Return kinds in words; what is empty is not named.

    Examples
    --------
    >>> kinds_in_words(["", 1.0, "I"])
    '1, I'
    """
    return ", ".join(_shown(value) for value in values if value != "")


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else str(value)


def unproven(metrics: Mapping[str, Any]) -> str:
    """Say for which targets no skill is shown on crystals from experiment; empty where it is, or nobody scored them.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.

    Examples
    --------
    >>> row = {"part": "source", "value": "experiment", "model": "model", "metric": "R2", "n_rows": 20}
    >>> unproven({"E_vrh": {"by_part": [{**row, "score": -0.01, "lower": -0.6, "upper": 0.3}]}})
    'on crystals whose structure was measured no skill is shown for E_vrh: held-out R2 -0.01 [-0.60, 0.30] (20
    crystals)'
    """
    scores = experiment_scores(metrics, "R2")
    lacking = [score for score in scores if not score.lower > 0]
    shown = [score for score in scores if score.lower > 0]
    if not lacking:
        return ""
    text = (
        f"{_MEASURED} no skill is shown for {_targets(lacking)}: held-out R2 {enumerated(list(map(_skill, lacking)))}"
    )
    if shown:
        text += f"; it is for {_targets(shown)}: {enumerated(list(map(_skill, shown)))}"
    return text


def _targets(scores: Sequence[PartScore]) -> str:
    return enumerated([score.target for score in scores])


def _skill(score: PartScore) -> str:
    few = "" if np.isfinite(score.lower) else ", too few for an interval"
    interval = with_interval(score.value, score.lower, score.upper)
    return f"{interval} ({score.n_rows} crystals{few})"


def narrow(metrics: Mapping[str, Any], widening: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Say for which targets prediction intervals are too narrow on crystals from experiment; empty where they hold.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.
    widening : mapping, optional
        Target to `Widening` as a dict, as a manifest holds them: what predictions do about it.

    Examples
    --------
    >>> row = {"part": "source", "value": "experiment", "model": "model", "metric": "coverage", "n_rows": 60}
    >>> entry = {"by_part": [{**row, "score": 0.78, "lower": 0.65, "upper": 0.88}], "coverage": [{"nominal": 0.9}]}
    >>> narrow({"E_vrh": entry})
    'on crystals whose structure was measured 90% intervals are too narrow: they hold 78% [65%, 88%] for E_vrh'
    >>> narrow({"E_vrh": entry}, {"E_vrh": {"factor": 1.52, "before": 0.74, "after": 0.9, "coverage": 0.9}})
    'intervals are lengthened by 1.52 (E_vrh), for on crystals whose structure was measured 90% ones held 74%; held out,
    they then hold 90%'
    >>> narrow({}, {"E_vrh": {"factor": 1.003, "before": 0.9, "after": 0.9, "coverage": 0.9}})
    ''
    """
    widening = widening or {}
    asked, scores = narrow_coverages(metrics, widening)
    held = [f"{one.value:.0%} [{one.lower:.0%}, {one.upper:.0%}] for {one.target}" for one in scores]
    remaining = f"{_MEASURED} {asked:.0%} intervals are too narrow: they hold {', '.join(held)}" if held else ""
    seen = {target: needed for target, needed in widening.items() if f"{needed['factor']:.2f}" != "1.00"}
    return joined([_widened(seen) if seen else "", remaining])


def _widened(widening: Mapping[str, Mapping[str, Any]]) -> str:
    factors = ", ".join(f"{needed['factor']:.2f} ({target})" for target, needed in widening.items())
    asked = next(iter(widening.values()))["coverage"]
    before, after = (", ".join(f"{needed[key]:.0%}" for needed in widening.values()) for key in ("before", "after"))
    return (
        f"intervals are lengthened by {factors}, for {_MEASURED} {asked:.0%} ones held {before}; held out, they then "
        f"hold {after}"
    )


def cautions(manifest: Mapping[str, Any]) -> list[str]:
    """Return what `unproven` and `narrow` say of models, without what is empty.

    Parameters
    ----------
    manifest : mapping
        ``metrics`` and ``widening`` of the manifest.

    Examples
    --------
    >>> cautions({})
    []
    """
    metrics = manifest.get("metrics") or {}
    return [text for text in (unproven(metrics), narrow(metrics, manifest.get("widening"))) if text]


def card_facts(manifest: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Return the statements of a model card, by section, as pairs of name and value."""
    training = dict(manifest.get("training") or {})
    limit = f"{_number(manifest.get('threshold'))} {manifest.get('unit')}".strip()
    _, high = manifest.get("classes") or ("soft", "stiff")
    rule = f"{manifest.get('target')} above {limit} (rule: {manifest.get('threshold_rule')})"
    models = [
        *([(high, rule)] if manifest.get("threshold") is not None else []),
        ("intervals", _coverage(manifest)),
        ("random state", str(manifest.get("random_state"))),
    ]
    summaries = {"classifier": manifest.get("classifier"), **(manifest.get("regressors") or {})}
    models += [(name, _model(summary)) for name, summary in summaries.items() if summary is not None]
    return {
        "Models": models,
        "Training data": [(key.replace("_", " "), _text(value)) for key, value in training.items()],
        SCORES: _scores(manifest.get("metrics") or {}),
        "Limits": _limits(manifest),
        "Descriptors": [(d["key"], d.get("unit") or "1") for d in manifest.get("descriptors") or []],
        "Environment": [(k, str(v)) for k, v in (manifest.get("environment") or {}).items()],
    }


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else "undefined"


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def _coverage(manifest: Mapping[str, Any]) -> str:
    given, asked = manifest.get("coverage"), manifest.get("coverage_asked")
    if given is None:
        return "none"
    _, many = groups_of(manifest)
    note = f"; {asked:.0%} was asked for, the number of {many} does not support it" if given != asked else ""
    return f"{given:.0%} of crystals of new {many}{note}"


def _model(summary: Mapping[str, Any]) -> str:
    algorithm = str(summary.get("algorithm"))
    parts = [_ALGORITHMS.get(algorithm, algorithm), f"{summary.get('n_descriptors')} descriptors"]
    if "calibration" in summary:
        parts.append(f"calibration: {summary['calibration']}")
    if summary.get("log_target"):
        parts.append("fitted to log E")
    if summary.get("monotone"):
        parts.append("monotone: " + ", ".join(f"{k} {v:+d}" for k, v in summary["monotone"].items()))
    return ", ".join(parts)


def _scores(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Warnings of the evaluations, and scores that came as plain numbers."""
    lines = []
    for target, entry in metrics.items():
        if isinstance(entry, dict) and "scores" in entry:
            lines += [(target, text) for text in entry.get("warnings", [])]
        elif isinstance(entry, dict):
            lines += [(f"{target}, {key}", _text(value)) for key, value in entry.items()]
        else:
            lines.append((str(target), _text(entry)))
    if not metrics:
        return [("scores", "none were stored with this model")]
    return lines


def score_tables(metrics: Mapping[str, Any], groups: tuple[str, str]) -> list[tuple[str, list[list[str]]]]:
    """Return one table per `Evaluation.to_dict`: its caption, then the header and a row for every model."""
    tables = []
    for target, entry in metrics.items():
        if not isinstance(entry, dict) or "scores" not in entry:
            continue
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        for row in entry["scores"]:
            known = isinstance(row["lower"], (int, float))
            interval = f" [{_number(row['lower'])}, {_number(row['upper'])}]" if known else ""
            rows.setdefault((row["model"],), {})[row["metric"]] = _number(row["value"]) + interval
        tables.append((_caption(target, entry.get("settings") or {}, groups[1]), _table(["model"], rows)))
        tables += _part_tables(target, entry, groups)
    return tables


_PART_CAPTIONS = {
    "by_part": "{target}: the model within parts of the data, each crystal held out with its {one}",
    "left_out": "{target}: the model on sources and clusters of like {many} that it never saw",
}


def _part_tables(target: str, entry: Mapping[str, Any], groups: tuple[str, str]) -> list[tuple[str, list[list[str]]]]:
    """Scores within parts of the data, and of parts left out: a row for each part, a column for each metric."""
    tables = []
    for key, caption in _PART_CAPTIONS.items():
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        for row in entry.get(key) or []:
            if row["model"] == "model":
                head = (row["part"], row["value"], f"{row['n_rows']} / {row['n_groups']}")
                rows.setdefault(head, {})[row["metric"]] = _number(row["score"])
        if rows:
            header = ["part", "value", f"crystals / {groups[1]}"]
            tables.append((caption.format(target=target, one=groups[0], many=groups[1]), _table(header, rows)))
    return tables


def _table(header: list[str], rows: Mapping[tuple[str, ...], Mapping[str, str]]) -> list[list[str]]:
    """Return a header and a line for each row: what it is of, then a cell for every metric that occurs."""
    metrics: dict[str, None] = {}
    for cells in rows.values():
        metrics |= dict.fromkeys(cells)
    lines = [[*header, *metrics]]
    for head, cells in rows.items():
        lines.append([*head, *(cells.get(metric, "") for metric in metrics)])
    return lines


def _caption(target: str, settings: Mapping[str, Any], many: str) -> str:
    """Say what scores are of, and how they were measured, as far as that is known."""
    parts = []
    if "n_rows" in settings:
        parts.append(f"{settings['n_rows']} crystals")
    if "n_groups" in settings:
        parts.append(f"{settings['n_groups']} {many}")
    if "scheme" in settings:
        parts.append(f"scheme {settings['scheme']}")
    floor = settings.get("noise_floor")
    if floor:
        parts.append(f"labels allow an MAE of {_number(floor['MAE'])} at best")
    if settings.get("task") == "regression":
        parts.append(f"MAE and RMSE in {settings.get('unit', 'GPa')}")
    parts.append(f"95 % intervals over {many}")
    return f"{target}: {', '.join(parts)}"


def groups_of(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Return what one group of the training data and several are called."""
    return group_words(str((manifest.get("training") or {}).get("group", "spacer")))


def _limits(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    groups = (manifest.get("training") or {}).get("n_groups")
    one, many = groups_of(manifest)
    return [
        (
            "domain",
            "each prediction says whether the crystal resembles those of training; do not act on one outside",
        ),
        ("novelty", "the domain says how new a crystal is, which says little of how wrong its prediction is"),
        *[("crystals from experiment", caution) for caution in cautions(manifest)],
        *_kinds(manifest.get("kinds") or {}),
        ("intervals", "no coverage is claimed outside the domain"),
        *_built(manifest),
        ("evidence", f"{groups} {many}: the {one}, not the crystal, is the unit of evidence"),
        ("labels", "a model cannot be better than its labels; see their origin under training data"),
        ("checksums", "find damage and careless edits; they are no signature"),
        *_checked(manifest.get("check") or {}),
    ]


def _kinds(kinds: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kinds of crystals in training; others are outside by name."""
    shown = [f"{KIND_NAMES.get(name, name)} {kinds_in_words(values)}" for name, values in kinds.items()]
    outside = "whatever is none of these is outside the domain by name"
    return [("learnt from", f"{'; '.join(shown)}; {outside}")] if shown else []


def of_other_models(measured: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return of which models something was measured, where these were trained on other data.

    Examples
    --------
    >>> of_other_models({"data": "1.4"}, {"training": {"data_version": "1.5"}})
    ' of the models of data 1.4'
    >>> of_other_models({"data": "1.5"}, {"training": {"data_version": "1.5"}})
    ''
    """
    version = measured.get("data")
    own = (manifest.get("training") or {}).get("data_version")
    return "" if version in (None, own) else f" of the models of data {version}"


def _built(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How far built geometries moved predictions of these models, or of those of another release."""
    measured, unit = manifest.get("built_geometry") or {}, str(manifest.get("unit"))
    lines = []
    named = {
        "built": "built geometries",
        "built_relaxed": "built and relaxed geometries",
        "relaxed": "built ones and those of like spacers, relaxed, the lowest in energy",
        "from_known": "geometries made from known relatives",
        "like_spacer": "geometries made from crystals of like spacers",
        "built_and_like": "the mean of those and built ones",
        "nearest_relaxed": "geometries made from the nearest known relative and relaxed",
        "from_known_relaxed": "geometries made from several known relatives, relaxed, the lowest in energy",
    }
    for how, name in named.items():
        if how in measured:
            moves = ", ".join(f"{move:g} {unit} ({target})" for target, move in measured[how]["moves"].items())
            share = f"in {measured.get('share', 0.8):.0%} of {measured[how]['n_crystals']} known crystals"
            whose = of_other_models(measured[how], manifest)
            lines.append((name, f"move predictions{whose} by up to {moves} {share}, not counted in the intervals"))
    return lines


def _checked(check: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is asked of the models whenever they are loaded."""
    if not check:
        return []
    count = f"{len(check['rows'])} rows with {len(check['answers'])} answers each"
    return [("check", f"{count} are asked on loading; an answer off by more than {check['tolerance']:g} is a refusal")]
