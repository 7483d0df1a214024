"""Streams of random numbers by name."""

from perovex._seeds import seed_for, stream


def test_streams_differ_by_seed_name_and_number_and_repeat_themselves():
    asked = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 1), (0, "a", 2), (0, "a", 1, 2)]
    first = [stream(*one).random() for one in asked]
    assert len(set(first)) == len(asked)
    assert [stream(*one).random() for one in asked] == first


def test_a_seed_fits_into_31_bits():
    seeds = [seed_for(0, "model", k) for k in range(200)]
    assert len(set(seeds)) == 200
    assert 0 <= min(seeds) <= max(seeds) < 2**31
