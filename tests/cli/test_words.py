import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecorec.cli.words import low_central_high, split_words
from ecorec.errors import InputError


def read(text: str | None) -> tuple[float, float, float] | None:
    return low_central_high(text, "--watts-per-cpu", "3,6,9")


def test_lists_are_comma_separated_repeated_or_both() -> None:
    assert split_words(["a, b", "c", ""]) == ["a", "b", "c"]
    assert split_words(None) is None


def test_three_numbers_one_or_none() -> None:
    assert read("6") == (6.0, 6.0, 6.0)
    assert read("3, 6,9.5") == (3.0, 6.0, 9.5)
    assert read(None) is None


@given(st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3).map(sorted))
def test_what_is_ascending_is_read_back(values: list[float]) -> None:
    assert read(",".join(map(str, values))) == tuple(values)


@pytest.mark.parametrize(
    "text", ["", "six", "0", "-1", "3,6", "9,6,3", "3,6,9,12", "nan", "inf", "1,2,inf", "3,nan,9"]
)
def test_what_is_no_range_is_refused_by_name(text: str) -> None:
    expected = f"--watts-per-cpu `{text}` is not one number or three ascending ones"
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        read(text)
    assert "--watts-per-cpu 3,6,9" in str(caught.value.hint)
