import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.errors import UserError
from liquid_nav.evaluation import format_seeds, parse_seeds


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_what_is_written_is_read_back(start, count):
    seeds = range(start, start + count)
    assert parse_seeds(format_seeds(seeds)) == seeds


def test_ranges_are_half_open_and_one_number_is_one_seed():
    assert list(parse_seeds("3:6")) == [3, 4, 5]
    assert list(parse_seeds(" 7 ")) == [7]


@pytest.mark.parametrize(
    "text", ["", ":", "5:", ":5", "a:b", "-1", "-3:4", "1.5", "1:2:3", "6:6", "7:3", "٣", "1_0"]
)
def test_anything_else_is_one_clear_line(text):
    with pytest.raises(UserError) as caught:
        parse_seeds(text)
    assert "\n" not in str(caught.value)
    assert "20000:20200" in str(caught.value)


@given(st.text(max_size=8))
def test_no_text_raises_anything_but_a_user_error(text):
    try:
        seeds = parse_seeds(text)
    except UserError:
        return
    assert len(seeds) > 0
    assert seeds.start >= 0
