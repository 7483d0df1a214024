"""SHAP values of held-out rows: the problem, the models behind it, the values, their skill."""
