"""Trained models as a folder: several targets together, files without pickles, the model card."""
