"""Column names of tables in words, for readers of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = {
    "E_ratio": "E label / reference",
    "E_vrh_soft_frozen": "E_vrh, soft modes frozen (GPa)",
    "auc": "ROC-AUC",
    "beyond_noise": "modes beyond noise",
    "better": "share of resamples where better",
    "crystal_id": "crystal",
    "energy_meV_per_atom": "energies apart (meV/atom)",
    "frozen_over_full": "frozen / full",
    "from": "from n",
    "gain": "gain over better mean",
    "gain_lower": "gain, lower",
    "gain_upper": "gain, upper",
    "largest_length_percent": "largest length (%)",
    "loss_lower": "loss, lower",
    "loss_upper": "loss, upper",
    "lowest_eigenvalue": "lowest curvature (eV/Å²)",
    "mean_absolute_length_percent": "mean abs. length (%)",
    "mean_absolute_volume_percent": "mean abs. volume (%)",
    "mean_length_percent": "mean length (%)",
    "mean_volume_percent": "mean volume (%)",
    "method_against_experiment_mean_absolute_length_percent": "reference itself: mean abs. length (%)",
    "method_against_experiment_mean_volume_percent": "reference itself: mean volume (%)",
    "mean_absolute_difference_GPa": "mean abs. difference (GPa)",
    "mean_absolute_percentage_error": "mean abs. error (%)",
    "median_ratio": "median ratio",
    "n_clusters": "spacers",
    "n_descriptors": "descriptors",
    "n_groups": "groups",
    "n_pairs": "pairs",
    "n_predicted": "crystals",
    "n_rows": "crystals",
    "noise_eV_per_A2": "noise of first principles (eV/Å²)",
    "null_mean": "mean on shuffled targets",
    "p_above_noise": "P(above shuffled)",
    "p_top_k": "P(top k)",
    "p_family": "p over all tests",
    "p_value": "p",
    "parent_stacking": "stacking before",
    "permutation": "permutation importance",
    "phase": "family",
    "ratio": "outside / inside",
    "rank_lower": "rank, lower",
    "rank_upper": "rank, upper",
    "secant_mae_eV_per_A2": "mean abs. error of secants (eV/Å²)",
    "secant_mape_percent": "mean abs. error of secants (%)",
    "secant_ratio": "potential / first principles",
    "share": "share of importance",
    "spearman": "Spearman",
    "to": "to n",
    "volume_change": "volume change (%)",
}

_UNITS = {"percent": "%", "deg": "deg", "GPa": "GPa"}


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with columns and index named for readers; keys of descriptors and moduli stay.

    Examples
    --------
    >>> import pandas as pd
    >>> list(in_words(pd.DataFrame(columns=["p_value", "n_rows", "E_vrh", "median_width"])))
    ['p', 'crystals', 'E_vrh', 'median width']
    >>> list(in_words(pd.DataFrame(columns=["volume_percent", "largest_angle_deg"])))
    ['volume (%)', 'largest angle (deg)']
    """
    from perovex.datasets import MODULI

    def word(name: Any) -> Any:
        if not isinstance(name, str) or name in MODULI:
            return name
        plain, _, unit = name.rpartition("_")
        if name not in HEADINGS and plain and unit in _UNITS:
            return f"{plain.replace('_', ' ')} ({_UNITS[unit]})"
        return HEADINGS.get(name, name.replace("_", " "))

    named = frame.rename(columns=word)
    return named.rename_axis(index=[word(name) for name in named.index.names], columns=None)
