"""What is said of a name that is not known, however many names there are."""

import pytest

from ecorec import errors
from ecorec.errors import MOST_COMPARED, unknown_name, unknown_names


@pytest.fixture
def compared(monkeypatch) -> list[int]:
    """How many names each search for near ones looks at; the search itself is the real one."""
    sizes: list[int] = []
    search = errors.get_close_matches

    def counted(word, possibilities, **how):
        sizes.append(len(possibilities))
        return search(word, possibilities, **how)

    monkeypatch.setattr(errors, "get_close_matches", counted)
    return sizes


def test_near_names_are_looked_for_once_a_value(compared: list[int]) -> None:
    names = [f"user-{number}" for number in range(40)]
    error = unknown_names("user", ["usr-7", "user-x8"], names, "users in all:")
    assert "`user-7`" in str(error.hint)
    assert compared == [40, 40]


def test_of_many_names_a_bounded_number_is_compared(compared: list[int]) -> None:
    ids = [f"{letter}{number:06}" for letter in "AbC" for number in range(20_000)]
    error = unknown_name("user", "B012345x", reversed(ids), "users in all:")
    assert error.message == "no user is called `B012345x`"
    # As among few names, the case does not matter.
    assert str(error.hint).startswith("did you mean `b012345` or ")
    assert str(error.hint).endswith("? users in all: 60000")
    assert 0 < sum(compared) <= MOST_COMPARED


@pytest.mark.parametrize("value", ["", "~", "zzz"])
def test_a_value_before_or_behind_all_of_many_names_is_compared_with_few(
    value: str, compared: list[int]
) -> None:
    error = unknown_name("user", value, map(str, range(30_000)), "users in all:")
    assert error.hint == "users in all: 30000"
    assert compared[0] <= MOST_COMPARED


def test_names_that_differ_in_case_only_are_all_named() -> None:
    error = unknown_name("column", "ndgc", ["NDCG", "ndcg", "recall"], "in all:")
    assert error.hint == "did you mean `NDCG` or `ndcg`? in all: 3"
