"""Estimators with the conventions of scikit-learn: classifier, regressors, selection, baselines."""
