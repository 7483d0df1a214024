"""Choices that several commands offer."""

from __future__ import annotations

from typing import Literal

Moduli = Literal["relaxed", "soft_frozen"]
