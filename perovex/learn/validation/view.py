"""HTML of an evaluation, for notebooks and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perovex.learn.validation.result import Evaluation

_TEMPLATE = """\
<div class="perovex-evaluation">
<p><b>{{ s.task | capitalize }} of {{ s.target }}</b>
{%- if s.threshold is not none %}, stiff above {{ "%.4g" | format(s.threshold) }} {{ s.unit }}{% endif %}:
{{ s.n_rows }} crystals, {{ s.n_groups }} groups, {{ s.n_descriptors }} descriptors; scheme {{ s.scheme }},
{{ s.n_splits | join("/") }} folds. Held-out scores; intervals (95 %) resample groups.</p>
<table><thead><tr><th>model</th>{% for m in metrics %}<th>{{ m }}</th>{% endfor %}</tr></thead><tbody>
{% for name, cells in rows %}<tr><th>{{ name }}</th>{% for v, l, h in cells %}
<td>{{ "%.3f" | format(v) }}
{%- if l == l %} <small>[{{ "%.3f" | format(l) }}, {{ "%.3f" | format(h) }}]</small>{% endif %}</td>
{% endfor %}</tr>{% endfor %}
</tbody></table>
{% if warnings %}<ul>{% for w in warnings %}<li>{{ w }}</li>{% endfor %}</ul>{% endif %}
</div>
"""


def evaluation_html(evaluation: Evaluation) -> str:
    """Render the table of scores with its settings and warnings."""
    scores = evaluation.scores
    metrics = list(dict.fromkeys(scores["metric"]))
    rows = []
    for name, of_model in scores.groupby("model", sort=False):
        by_metric = of_model.set_index("metric")[["value", "lower", "upper"]]
        rows.append((name, [tuple(by_metric.loc[metric]) for metric in metrics]))
    from jinja2 import Environment  # slow to import, and predictions need no page

    return (
        Environment(autoescape=True)
        .from_string(_TEMPLATE)
        .render(s=evaluation.settings, metrics=metrics, rows=rows, warnings=evaluation.warnings)
    )
