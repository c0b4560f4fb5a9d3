"""Random requests by the server's own description: no answer is a failure of the server."""

import pytest

from ecorec.serving.limits import Limits
from ecorec.study.index import index_run, open_index
from tests.serving.conftest import Trained
from tests.serving.running import running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]


@pytest.mark.filterwarnings("default")
def test_no_request_makes_the_server_fail(runs: dict[str, Trained]) -> None:
    import schemathesis
    from hypothesis import HealthCheck, given, settings

    stored = open_index(index_run(runs["lightgcn"].folder, "exact")[0])
    with running(stored, limits=Limits(max_body_bytes=50_000)) as client:
        schema = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
        tried = 0
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.path == "/admin/swap":
                continue  # every good request loads an index

            @settings(max_examples=100, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def ask(case) -> None:
                nonlocal tried
                tried += 1
                answer = case.call()
                assert answer.status_code < 500, answer.text
                if answer.status_code >= 400:
                    assert set(answer.json()["error"]) == {"type", "message", "hint"}

            ask()
    assert tried > 300
