"""What a written structure says of how it was made, and back."""

from perovex.crystal.reading.origin import origin_marks, read_origin


def test_marks_are_read_back_whatever_stands_in_them():
    build = {"spacer": "C[C@H](N)c1ccc(F)cc1; x:y", "n": 2, "halide": "Br", "parts": [1, 2]}
    text = f"# comment {origin_marks({'build': build, 'relaxation': {'fmax': 0.01}})} more"
    assert read_origin(text) == {
        "build": {"spacer": "C[C@H](N)c1ccc(F)cc1; x:y", "n": "2", "halide": "Br"},
        "relaxation": {"fmax": "0.01"},
    }


def test_nothing_is_made_up():
    assert origin_marks({}) == ""
    assert read_origin("perovex-build and no record") == {}
