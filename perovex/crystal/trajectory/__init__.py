"""Trajectories: frames read one by one from files, and a perceived crystal that follows them."""

from perovex.crystal.trajectory.follow import Follower
from perovex.crystal.trajectory.frames import Frame, is_trajectory, iter_frames

__all__ = ["Follower", "Frame", "is_trajectory", "iter_frames"]
