"""Arrows between packages, and between the folders of a package, point down only.

A package may import those that stand before it in `LAYERS`; a folder those that stand before it in `INSIDE`. Lazy
imports and imports for types count like any other. The one exception is a result that calls its own view: a lazy
import, and the view's import of the result's type.
"""

from __future__ import annotations

import pytest
from import_arrows import Arrow, arrows, modules, package_of

#: Lowest first; packages of one line do not import each other.
LAYERS = (
    (
        "errors",
        "_bundled",
        "_cluster",
        "_colours",
        "_extras",
        "_extxyz",
        "_files",
        "_json",
        "_later",
        "_numbers",
        "_progress",
        "_seeds",
        "_threads",
        "_words",
        "_workers",
    ),
    ("crystal",),
    ("descriptors",),
    ("elasticity", "building"),
    ("minima",),
    ("learn",),
    ("datasets",),
    ("explain",),
    ("prediction",),
    ("screening",),
    ("figures",),
    ("report",),
    ("study",),
    ("cli",),
    ("__main__",),
)

#: The same inside packages that have folders; modules beside the folders count as folders of their own.
INSIDE = {
    "building": (
        ("cation", "halides", "lengths", "writing"),
        ("compound", "contacts", "frame"),
        ("check", "settle"),
        ("packing", "relax", "stacking"),
        ("layered", "resettle", "thicken", "thin"),
        ("exchange", "slide", "substitute", "tilt", "turn"),
        ("from_known",),
    ),
    "cli": (
        ("choices", "console", "doctor", "elastic_sheet", "examples", "journal", "outputs", "remarks", "tables"),
        ("crystals", "moving", "parts"),
        (
            "audit_data",
            "collect",
            "descriptors",
            "elastic",
            "label",
            "minima",
            "model",
            "predict",
            "report",
            "screen",
            "spacers",
            "study",
            "validate_labels",
        ),
        ("build", "describe", "suggest"),
        ("main",),
    ),
    "crystal": (
        ("examples", "formula", "isotopes", "radii"),
        ("bonding",),
        ("model",),
        ("drawing", "identity", "reading"),
        ("perception",),
        ("trajectory",),
    ),
    "datasets": (
        ("paths",),
        ("schema", "sound", "stacking"),
        ("elastic", "first_principles", "ranking", "relabelled"),
        ("collect", "literature", "minima", "relatives", "spacers", "quality"),
        ("lenders",),
    ),
    "descriptors": (
        ("_stacking", "_stats", "smiles", "sources"),
        ("ammonium",),
        ("topology",),
        ("molecule", "registry"),
        ("bridges", "cation", "composition", "hydrogen_bonds", "layers", "octahedra", "tilts"),
        ("documentation", "items"),
        ("describing", "trajectory"),
        ("batch",),
        ("featurizer",),
    ),
    "elasticity": (
        ("names", "surface", "voigt", "properties", "tensor", "soft_modes"),
        ("reading", "potentials", "relaxation"),
        ("response",),
        ("labels",),
    ),
    "explain": (
        ("correlation", "names", "statistics", "tables"),
        ("attribution",),
        ("importance",),
        ("directions",),
        ("series", "transfer"),
        ("claims",),
    ),
    "figures": (
        ("style",),
        ("axes", "marks"),
        (
            "answer",
            "associations",
            "data",
            "errors",
            "findings",
            "scores",
            "screening",
            "shapes",
            "tensor",
            "tensor_cuts",
            "waterfall",
        ),
        ("shap_values", "tensor_interactive"),
        ("interactive",),
    ),
    "screening": (
        ("words",),
        ("cations", "features", "parts", "rungs"),
        ("formability", "model"),
        ("acquisition", "comparison", "goals", "library"),
        ("campaign", "options", "reading"),
        ("chunks", "reducing"),
        ("screen", "suggesting"),
        ("labelling",),
    ),
    "learn": (
        ("metrics", "provenance", "tables", "threshold"),
        ("splits", "held_out"),
        ("uncertainty",),
        ("estimators",),
        ("validation",),
        ("bundle",),
    ),
    "minima": (
        ("compound", "fingerprint"),
        ("candidate",),
        ("duplicates",),
        ("known",),
        ("statement", "strategies"),
        ("search",),
        ("campaign",),
        ("archive",),
    ),
    "prediction": (
        ("reasons",),
        ("reason_words",),
        ("explaining", "models", "relatives", "relaxing", "words"),
        ("crystals",),
        ("averaging",),
        ("built",),
    ),
    "report": (
        ("assets", "glossary", "wording"),
        ("document",),
        ("crystal_page", "elastic", "saved", "screen_page"),
    ),
    "study": (
        ("words",),
        ("config", "found", "kept", "labels", "options", "remarks"),
        ("tables", "workers"),
        ("applicability", "neighbours", "own_data", "questions", "tasks", "truncation"),
        ("further", "validating"),
        ("modelling", "own_tables"),
        ("models",),
        ("result",),
        ("report",),
        ("files",),
        ("run",),
    ),
}

#: Results and their views: source, target.
VIEWS = {
    ("perovex.crystal.model", "perovex.crystal.drawing"),
    ("perovex.explain.attribution.explanation", "perovex.explain.attribution.view"),
    ("perovex.learn.validation.result", "perovex.learn.validation.view"),
    ("perovex.prediction.reasons", "perovex.prediction.reason_words"),
    ("perovex.study.result", "perovex.study.report.summary"),
}


def _height(layers: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {name: level for level, names in enumerate(layers) for name in names}


def _upward(depth: int, layers: tuple[tuple[str, ...], ...], considered: list[Arrow]) -> list[str]:
    height = _height(layers)
    faults = []
    for arrow in considered:
        source, target = (package_of(name, depth) for name in (arrow.source, arrow.target))
        own_view = arrow.kind != "module" and (arrow.source, arrow.target) in VIEWS
        if source == target or own_view:
            continue
        upward = height[target] >= height[source] and height[source] + height[target] > 0
        if upward:
            faults.append(f"{arrow.source}:{arrow.line} imports {arrow.target} ({arrow.kind})")
    return faults


def test_every_package_has_a_layer() -> None:
    packages = {package_of(name) for name in modules()} - {""}
    assert packages == set(_height(LAYERS))


def test_packages_import_downwards_only() -> None:
    considered = [a for a in arrows() if package_of(a.source) and package_of(a.target)]
    assert _upward(1, LAYERS, considered) == []


def test_every_package_has_an_order_of_its_folders() -> None:
    packages = {package_of(name) for name in modules() if name.count(".") > 1}
    assert packages == set(INSIDE)


@pytest.mark.parametrize("package", sorted(INSIDE))
def test_folders_of_a_package_import_downwards_only(package: str) -> None:
    front_door = f"perovex.{package}"
    considered = [
        arrow
        for arrow in arrows()
        if package_of(arrow.source) == package_of(arrow.target) == package and arrow.source != front_door
    ]
    assert considered
    through_the_front_door = [a for a in considered if a.target == front_door]
    assert through_the_front_door == []
    within = tuple(tuple(f"{package}.{name}" for name in names) for names in INSIDE[package])
    assert {package_of(name, 2) for name in modules() if package_of(name) == package} - {package} == set(
        _height(within)
    )
    assert _upward(2, within, considered) == []


def test_an_upward_import_would_be_found() -> None:
    arrow = Arrow("perovex.crystal.model", "perovex.learn.metrics", "function", 1)
    assert _upward(1, LAYERS, [arrow]) == ["perovex.crystal.model:1 imports perovex.learn.metrics (function)"]
