"""Model cards: what a model is, what it was trained on, how good it was and where it must not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovex._words import group_words
from perovex.learn.bundle.known import KINDS, listed
from perovex.learn.bundle.proven import cautions

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCORES = "Held-out scores"
_ALGORITHMS = {
    "average": "average of boosted trees, a Gaussian process and a linear model",
    "xgboost": "boosted trees (xgboost)",
}


def _facts(manifest: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Statements of the card, by section, as pairs of name and value."""
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
        _SCORES: _scores(manifest.get("metrics") or {}),
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
    _, many = _groups_of(manifest)
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


def _score_tables(metrics: Mapping[str, Any], groups: tuple[str, str]) -> list[tuple[str, list[list[str]]]]:
    """One table per `Evaluation.to_dict`: its caption, then the header and a row for every model."""
    tables = []
    for target, entry in metrics.items():
        if not isinstance(entry, dict) or "scores" not in entry:
            continue
        rows: dict[str, dict[str, str]] = {}
        for row in entry["scores"]:
            known = isinstance(row["lower"], (int, float))
            interval = f" [{_number(row['lower'])}, {_number(row['upper'])}]" if known else ""
            rows.setdefault(row["model"], {})[row["metric"]] = _number(row["value"]) + interval
        names = list(dict.fromkeys(row["metric"] for row in entry["scores"]))
        body = [[model, *(cells.get(name, "") for name in names)] for model, cells in rows.items()]
        tables.append((_caption(target, entry.get("settings") or {}, groups[1]), [["model", *names], *body]))
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
        rows: dict[tuple[str, str, str], dict[str, str]] = {}
        for row in entry.get(key) or []:
            if row["model"] == "model":
                head = (row["part"], row["value"], f"{row['n_rows']} / {row['n_groups']}")
                rows.setdefault(head, {})[row["metric"]] = _number(row["score"])
        if rows:
            names = list(dict.fromkeys(name for cells in rows.values() for name in cells))
            body = [[*head, *(cells.get(name, "") for name in names)] for head, cells in rows.items()]
            header = ["part", "value", f"crystals / {groups[1]}", *names]
            tables.append((caption.format(target=target, one=groups[0], many=groups[1]), [header, *body]))
    return tables


def _caption(target: str, settings: Mapping[str, Any], many: str) -> str:
    known = [f"{settings[key]} {word}" for key, word in (("n_rows", "crystals"), ("n_groups", many)) if key in settings]
    scheme = [f"scheme {settings['scheme']}"] if "scheme" in settings else []
    floor = settings.get("noise_floor")
    noise = [f"labels allow an MAE of {_number(floor['MAE'])} at best"] if floor else []
    unit = [f"MAE and RMSE in {settings.get('unit', 'GPa')}"] if settings.get("task") == "regression" else []
    return f"{target}: " + ", ".join([*known, *scheme, *noise, *unit, f"95 % intervals over {many}"])


def _groups_of(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Return what one group of the training data and several are called."""
    return group_words(str((manifest.get("training") or {}).get("group", "spacer")))


def _limits(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    groups = (manifest.get("training") or {}).get("n_groups")
    one, many = _groups_of(manifest)
    return [
        (
            "domain",
            "each prediction says whether the crystal resembles those of training; do not act on one outside",
        ),
        ("novelty", "the domain says how new a crystal is, which says little of how wrong its prediction is"),
        *[("crystals from experiment", caution) for caution in cautions(manifest)],
        *_kinds(manifest.get("kinds") or {}),
        ("intervals", "no coverage is claimed outside the domain"),
        *_built(manifest.get("built_geometry") or {}, str(manifest.get("unit"))),
        ("evidence", f"{groups} {many}: the {one}, not the crystal, is the unit of evidence"),
        ("labels", "a model cannot be better than its labels; see their origin under training data"),
        ("checksums", "find damage and careless edits; they are no signature"),
        *_checked(manifest.get("check") or {}),
    ]


def _kinds(kinds: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kinds of crystals in training; others are outside by name."""
    shown = [f"{KINDS.get(name, name)} {listed(values)}" for name, values in kinds.items()]
    outside = "whatever is none of these is outside the domain by name"
    return [("learnt from", f"{'; '.join(shown)}; {outside}")] if shown else []


def _built(measured: Mapping[str, Any], unit: str) -> list[tuple[str, str]]:
    """How far built geometries moved predictions of these models."""
    lines = []
    named = {
        "built": "built geometries",
        "relaxed": "built and relaxed geometries",
        "from_known": "geometries made from known relatives",
    }
    for how, name in named.items():
        if how in measured:
            moves = ", ".join(f"{move:g} {unit} ({target})" for target, move in measured[how]["moves"].items())
            share = f"in {measured.get('share', 0.8):.0%} of {measured[how]['n_crystals']} known crystals"
            lines.append((name, f"move predictions by up to {moves} {share}, not counted in the intervals"))
    return lines


def _checked(check: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is asked of the models whenever they are loaded."""
    if not check:
        return []
    count = f"{len(check['rows'])} rows with {len(check['answers'])} answers each"
    return [("check", f"{count} are asked on loading; an answer off by more than {check['tolerance']:g} is a refusal")]


def card_markdown(manifest: Mapping[str, Any]) -> str:
    """Return a model card in Markdown.

    Parameters
    ----------
    manifest : mapping
        Of a `ModelBundle`, or as `read_manifest` returns it.

    Examples
    --------
    >>> facts = {"target": "E_in_plane", "unit": "GPa", "threshold": 12.0, "threshold_rule": "median"}
    >>> card_markdown(facts).splitlines()[3]
    '- **stiff**: E_in_plane above 12 GPa (rule: median)'
    """
    lines = ["# Model card", ""]
    for section, facts in _facts(manifest).items():
        tables = _score_tables(manifest.get("metrics") or {}, _groups_of(manifest)) if section == _SCORES else []
        if facts or tables:
            lines.append(f"## {section}")
        for caption, (header, *body) in tables:
            lines += [
                caption,
                "",
                _markdown_row(header),
                _markdown_row(["---"] * len(header)),
                *map(_markdown_row, body),
                "",
            ]
        if facts:
            lines += [*(f"- **{name}**: {value}" for name, value in facts), ""]
    return "\n".join(lines)


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


_HTML = """\
{% if not fragment %}<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Model card</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
th{text-align:left;padding-right:1.5rem;vertical-align:top;font-weight:600}
td{padding-right:1rem}caption{text-align:left;padding:.5rem 0}</style></head><body>{% endif %}
<div class="perovex-card"><h1>Model card</h1>
{% for section, facts in sections.items() if facts or (section == scored and tables) %}<h2>{{ section }}</h2>
{% for caption, rows in tables if section == scored %}<table><caption>{{ caption }}</caption>
<tr>{% for cell in rows[0] %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in rows[1:] %}<tr><th>{{ row[0] }}</th>{% for cell in row[1:] %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endfor %}<table>
{% for name, value in facts %}<tr><th>{{ name }}</th><td>{{ value }}</td></tr>
{% endfor %}</table>{% endfor %}</div>{% if not fragment %}</body></html>{% endif %}
"""


def card_html(manifest: Mapping[str, Any], *, fragment: bool = False) -> str:
    """Return a model card as one HTML page, or as a fragment for a notebook or report.

    Parameters
    ----------
    manifest : mapping
        Of a `ModelBundle`; parts that it lacks are left out.
    fragment : bool
        Without the frame of a page.

    Examples
    --------
    >>> "<h1>Model card</h1>" in card_html({"target": "E_vrh"})
    True
    """
    tables = _score_tables(manifest.get("metrics") or {}, _groups_of(manifest))
    from jinja2 import Environment  # slow to import, and predictions need no page

    return (
        Environment(autoescape=True)
        .from_string(_HTML)
        .render(sections=_facts(manifest), tables=tables, scored=_SCORES, fragment=fragment)
    )
