"""Where the bundled data lie."""

import pytest

from perovex import _bundled
from perovex.errors import DatasetError


def test_the_data_of_a_checkout_and_of_an_installed_package_are_found(tmp_path, monkeypatch):
    module = tmp_path / "perovex" / "_bundled.py"
    monkeypatch.setattr(_bundled, "__file__", str(module))
    with pytest.raises(DatasetError, match="missing"):
        _bundled.data_root()
    (tmp_path / "data" / "elastic").mkdir(parents=True)
    assert _bundled.data_root() == tmp_path / "data"
    (tmp_path / "perovex" / "_data" / "elastic").mkdir(parents=True)
    assert _bundled.data_root() == tmp_path / "perovex" / "_data"
