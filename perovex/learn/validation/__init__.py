"""Honest scores: grouped folds, evaluation, learning curve, scrambling, ablation, search."""
