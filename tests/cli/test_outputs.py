"""Which files a command may replace."""

import json

import pandas as pd
import pytest

from perovex.cli.outputs import check_file, check_release, json_with, table_with, text_with
from perovex.errors import PerovexError


def test_an_earlier_table_is_known_by_its_columns(tmp_path):
    table = pd.DataFrame({"file": ["a"], "E": [1.0]})
    for suffix, write in ((".csv", table.to_csv), (".parquet", table.to_parquet)):
        path = tmp_path / f"t{suffix}"
        write(path)
        assert table_with("file", "E")(path)
        assert not table_with("K")(path)
        check_file(path, (suffix,), table_with("file"))
        with pytest.raises(PerovexError, match="no earlier result"):
            check_file(path, (suffix,), table_with("K"))
        check_file(path, (suffix,), table_with("K"), force=True)


def test_json_and_text_are_known_by_what_they_begin_with(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"version": 1, "rows": []}))
    (tmp_path / "a.html").write_text("<!doctype html> perovex")
    assert json_with("version")(tmp_path / "a.json")
    assert text_with("perovex")(tmp_path / "a.html")
    assert not text_with("other")(tmp_path / "a.html")


def test_a_folder_with_files_is_not_written_over(tmp_path):
    check_release(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").touch()
    with pytest.raises(PerovexError, match="holds files"):
        check_release(tmp_path)
    check_release(tmp_path, force=True)
