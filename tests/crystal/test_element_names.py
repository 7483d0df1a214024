"""Elements behind the names that files give atoms."""

import pytest

from perovex.crystal.reading.element_names import element_of, elements_of_label, is_element, shares_of
from perovex.errors import StructureFileError


@pytest.mark.parametrize(("name", "element"), [("PB", "Pb"), ("Pb_sv/1a2b", "Pb"), ("d", "H"), (" i ", "I")])
def test_names_of_elements(name, element):
    assert element_of(name) == element


@pytest.mark.parametrize("name", ["", "12", "Xx", "X", "Qq1"])
def test_no_element(name):
    with pytest.raises(StructureFileError, match="unknown element"):
        element_of(name)


def test_a_label_may_be_read_in_two_ways():
    assert elements_of_label("Cs1") == ("Cs", "C")
    assert elements_of_label("CA") == ("Ca", "C")
    assert elements_of_label("D1") == ("H",)
    assert elements_of_label("?") == ()


def test_shares_of_mixed_sites():
    assert shares_of("Br0.5I0.5") == {"Br": 0.5, "I": 0.5}
    assert shares_of("Pb2+") == {"Pb": None}
    assert shares_of("nonsense") == {}
    assert is_element("D")
    assert not is_element("X")
