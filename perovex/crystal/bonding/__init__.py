"""Bonding: which atoms are neighbours, what they are bonded to, and which molecule with which charge that makes."""
