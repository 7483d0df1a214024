"""The last section of the report: methods in words that can be copied, what to cite, and what repeats the study."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from perovex import __version__
from perovex._words import group_words
from perovex.study.config import write_config

if TYPE_CHECKING:
    from perovex.report import Section
    from perovex.study.result import StudyResult

_PREDICTORS = {
    "average": "the average of gradient-boosted trees (Chen and Guestrin 2016), a Gaussian process (Rasmussen and "
    "Williams 2006) and a ridge regression",
    "xgboost": "gradient-boosted trees (Chen and Guestrin 2016)",
    "random_forest": "a random forest (Breiman 2001)",
    "hist_gradient_boosting": "gradient-boosted trees on histograms (scikit-learn)",
    "gaussian_process": "a Gaussian process (Rasmussen and Williams 2006)",
}

_ENTRIES = {
    "perovex": f"""@software{{perovex,
  author  = {{{{The perovex developers}}}},
  title   = {{perovex: explainable tabular machine learning for the mechanics of hybrid perovskites}},
  version = {{{__version__}}},
}}""",
    "shap": """@inproceedings{lundberg2017shap,
  author    = {Lundberg, Scott M. and Lee, Su-In},
  title     = {A Unified Approach to Interpreting Model Predictions},
  booktitle = {Advances in Neural Information Processing Systems 30},
  year      = {2017},
}""",
    "xgboost": """@inproceedings{chen2016xgboost,
  author    = {Chen, Tianqi and Guestrin, Carlos},
  title     = {{XGBoost}: A Scalable Tree Boosting System},
  booktitle = {Proceedings of the 22nd ACM SIGKDD International Conference on Knowledge Discovery and Data Mining},
  year      = {2016}, doi = {10.1145/2939672.2939785},
}""",
    "gaussian process": """@book{rasmussen2006gaussian,
  author    = {Rasmussen, Carl Edward and Williams, Christopher K. I.},
  title     = {Gaussian Processes for Machine Learning},
  publisher = {MIT Press}, year = {2006},
}""",
    "ale": """@article{apley2020visualizing,
  author  = {Apley, Daniel W. and Zhu, Jingyu},
  title   = {Visualizing the Effects of Predictor Variables in Black Box Supervised Learning Models},
  journal = {Journal of the Royal Statistical Society Series B}, volume = {82}, pages = {1059--1086}, year = {2020},
  doi     = {10.1111/rssb.12377},
}""",
    "octahedra": """@article{robinson1971quadratic,
  author  = {Robinson, Keith and Gibbs, G. V. and Ribbe, P. H.},
  title   = {Quadratic Elongation: A Quantitative Measure of Distortion in Coordination Polyhedra},
  journal = {Science}, volume = {172}, pages = {567--570}, year = {1971}, doi = {10.1126/science.172.3983.567},
}""",
    "pymatgen": """@article{ong2013pymatgen,
  author  = {Ong, Shyue Ping and others},
  title   = {Python Materials Genomics (pymatgen): A robust, open-source python library for materials analysis},
  journal = {Computational Materials Science}, volume = {68}, pages = {314--319}, year = {2013},
  doi     = {10.1016/j.commatsci.2012.10.028},
}""",
}


def methods_text(result: StudyResult) -> str:
    """Return the methods of a study in words that can be copied into a paper."""
    tables, options = result.tables, result.options
    described = f"{len(tables.X)} crystals with {tables.groups.nunique()} different spacers"
    if result.elastic is None:
        described = f"{len(tables.X)} crystals in {tables.groups.nunique()} groups"
    asked = [task.evaluation.settings.get("coverage") for task in result.tasks.values() if task.evaluation is not None]
    intervals = next((share for share in asked if share is not None), None)
    sure = "" if intervals is None else f" Prediction intervals of {intervals:.0%} are conformal, by groups."
    labels = ""
    if result.elastic is not None:
        labels = (
            f" Elastic tensors are those of data release {result.elastic.version}, computed at 0 K with the "
            f"interatomic potential {result.elastic.potential}."
        )
    one, many = group_words(tables.group_name)
    return (
        f"{described} were described by {tables.X.shape[1]} descriptors with perovex {__version__}.{labels} Models are "
        f"{_PREDICTORS.get(options.algorithm, options.algorithm)}. They were validated in {options.n_repeats} repeats "
        f"of five-fold cross-validation that keeps all crystals of a {one} in one fold, with everything fitted inside "
        f"the folds; scores carry 95 % intervals over resampled {many}.{sure} Predictions of held-out crystals were "
        f"explained with SHAP values (Lundberg and Lee 2017) of the models of the same folds; ranks carry intervals "
        f"over {options.n_resamples} draws of half of the {many}, and a descriptor counts where it beats the best of "
        f"its shuffled copies ({options.n_shadows} models). Effects are accumulated local effects (Apley and Zhu "
        f"2020). Chance was excluded with {options.n_scrambles} shuffled targets. Seed {options.seed}."
    )


def bibtex(result: StudyResult) -> str:
    """Return BibTeX entries of what the study rests on."""
    algorithm = result.options.algorithm
    wanted = ["perovex", "shap", "ale"]
    wanted += ["xgboost"] if algorithm in ("average", "xgboost") else []
    wanted += ["gaussian process"] if algorithm in ("average", "gaussian_process") else []
    wanted += ["pymatgen", "octahedra"] if "n_layers" in result.tables.meta else []
    return "\n".join(_ENTRIES[name] for name in wanted)


def add_methods(section: Section, result: StudyResult) -> None:
    """Fill the section on methods, citations and provenance."""
    section.text(methods_text(result))
    section.heading("To cite")
    section.raw(f'<pre class="copy">{html.escape(bibtex(result))}</pre>')
    section.heading("To repeat")
    options = "; ".join(write_config(result.asked).splitlines()) or "defaults"
    section.text(
        "perovex study --config study.yaml --out DIR, with the study.yaml beside this report.",
        f"Options: {options}.",
        f"Data checksum: {result.data.checksum}",
    )
    versions = pd.DataFrame(result.software.items(), columns=["package", "version"])
    section.table(versions, "Environment.", index=False, folded=True)
