"""Where a launch file records: a folder of its own for each flight."""

from datetime import datetime

from liquid_nav.bringup import read_record_folder

NOW = datetime(2026, 11, 27, 13, 5, 9)


def test_auto_is_a_new_folder_named_after_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = read_record_folder("auto", NOW)
    assert first == tmp_path / "flights" / "20261127-130509"
    first.mkdir(parents=True)
    assert read_record_folder("auto", NOW).name == "20261127-130509-2"


def test_a_folder_is_taken_as_given_and_nothing_is_no_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_record_folder("mine", NOW) == tmp_path / "mine"
    assert read_record_folder("", NOW) is None
