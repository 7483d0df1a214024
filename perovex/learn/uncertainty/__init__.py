"""How sure a prediction is: conformal intervals, calibrated probabilities, applicability domain."""
