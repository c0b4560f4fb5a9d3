"""Column-wise sharding: as many processes as you like compute what one computes."""

import pytest
import torch

from ecorec.errors import InputError
from ecorec.graph.shard import ColumnShard, Traffic
from ecorec.models.catalogue import MODELS
from ecorec.models.exchange import refuse_unless_divisible
from tests.training.shards import CASES, STEPS, alone, over_processes

PROCESSES = [
    pytest.param(2, marks=pytest.mark.xdist_group("two-processes")),
    pytest.param(4, marks=[pytest.mark.slow, pytest.mark.xdist_group("four-processes")]),
]
DTYPES = [torch.float64, torch.float32]


@pytest.fixture(scope="module")
def one() -> dict:
    return alone()


@pytest.fixture(scope="module", params=PROCESSES)
def several(request, tmp_path_factory) -> list[dict]:
    return over_processes(request.param, tmp_path_factory.mktemp("processes"))


@pytest.mark.parametrize("case", CASES)
def test_parameters_are_those_of_one_process(one, several, case: str) -> None:
    exact, rounded = (f"{case} {dtype}" for dtype in DTYPES)
    difference = several[0][exact]["nodes"] - one[exact]["nodes"]
    assert difference.abs().max() < 1e-10
    difference = (several[0][rounded]["nodes"] - one[rounded]["nodes"]).norm()
    assert difference / one[rounded]["nodes"].norm() < 1e-6


@pytest.mark.parametrize("case", CASES)
def test_every_process_has_the_same_loss_to_the_bit(one, several, case: str) -> None:
    for dtype, tolerance in zip(DTYPES, (1e-12, 1e-5), strict=True):
        losses = [found[f"{case} {dtype}"]["losses"] for found in several]
        assert all(other == losses[0] for other in losses[1:])
        assert losses[0] == pytest.approx(one[f"{case} {dtype}"]["losses"], rel=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_each_step_exchanges_what_the_formula_says(several, case: str, dtype) -> None:
    for found in several:
        run = found[f"{case} {dtype}"]
        assert len(run["counted"]) == STEPS
        assert run["counted"] == run["expected"]
        assert run["counted"][0] != (0, 0)


def test_one_process_exchanges_nothing(one) -> None:
    runs = [run for name, run in one.items() if name != "led"]
    assert all(set(run["counted"]) == {(0, 0)} for run in runs)


def test_a_state_is_whole_and_any_number_of_processes_continues_from_it(one, several) -> None:
    alone, led = one["led"], several[0]["led"]
    assert led["state"].keys() == alone["state"].keys()
    for name, value in alone["state"].items():
        torch.testing.assert_close(led["state"][name], value, rtol=0, atol=1e-10)
    assert led["loss"] == pytest.approx(alone["loss"], rel=1e-12)
    torch.testing.assert_close(led["last"]["nodes"], alone["last"]["nodes"], rtol=0, atol=1e-10)
    for kind in ("users", "items"):
        torch.testing.assert_close(led[kind], alone[kind], rtol=0, atol=1e-10)


def test_a_ring_sends_its_part_once_or_twice_less_one() -> None:
    # Four processes, 80 bytes summed: 3 quarters while adding, 3 quarters while handing round.
    assert Traffic(summed_bytes=80).sent_bytes(4) == 120
    assert Traffic(gathered_bytes=80).sent_bytes(4) == 60
    assert Traffic(80, 80).sent_bytes(1) == 0


def test_columns_of_all_processes_are_all_columns() -> None:
    table = torch.arange(24.0).reshape(2, 12)
    parts = [ColumnShard(rank, 4).cut(table) for rank in range(4)]
    assert torch.equal(torch.cat(parts, dim=1), table)


def test_a_size_that_cannot_be_divided_names_its_neighbours() -> None:
    message = "embedding_size = 10 cannot be divided among 4 processes"
    with pytest.raises(InputError, match=message) as raised:
        ColumnShard(0, 4).columns(10)
    assert raised.value.hint == "ask for --embedding-sizes 8 or 12"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_divided_or_refused_with_its_name_and_the_reason(name: str) -> None:
    entry = MODELS[name]
    if not isinstance(entry.exchange, str):
        assert name in {model for model, _, _ in CASES.values()}
        return
    with pytest.raises(InputError, match=f"`{name}` cannot be divided among 2 processes: ") as e:
        refuse_unless_divisible(name, entry.config(), entry.exchange, 2, ["lightgcn"])
    assert entry.exchange in str(e.value)
    assert "without torchrun" in e.value.hint


def test_a_loss_that_works_on_cosines_is_refused() -> None:
    entry = MODELS["lightgcn"]
    config = entry.config(ranking_loss="softmax")
    with pytest.raises(InputError, match="ranking_loss = softmax needs the length of every row"):
        refuse_unless_divisible("lightgcn", config, entry.exchange, 2, ["lightgcn"])
