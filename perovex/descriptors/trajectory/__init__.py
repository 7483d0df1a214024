"""Descriptors of moving crystals: a row per frame, means with errors, tilts and their correlations."""

from perovex.descriptors.trajectory.description import TrajectoryDescription, describe_trajectory

__all__ = ["TrajectoryDescription", "describe_trajectory"]
