"""The HTTP server: outside ids in and out, every error typed, one thread that computes.

`create_app` needs the extra `serve` (fastapi, uvicorn, prometheus-client, orjson).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import Depends, FastAPI, Query, Request, Response

from ecorec.energy.meter import Meter
from ecorec.problems import shown
from ecorec.serving.batching import Batcher, Job
from ecorec.serving.error_answers import add_error_answers
from ecorec.serving.guard import Guard
from ecorec.serving.limits import Limits, RequestError
from ecorec.serving.messages import (
    Answer,
    ErrorAnswer,
    Question,
    SimilarAnswer,
    SwapAnswer,
    SwapOrder,
    UserAnswer,
)
from ecorec.serving.recommender import Recommender
from ecorec.serving.service import Loader, Service
from ecorec.serving.storage import StoredIndex
from ecorec.serving.telemetry import Telemetry
from ecorec.version import VERSION

LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def refuse_other_parameters(request: Request) -> None:
    """Refuse parameters that an endpoint does not have, as a body refuses other names.

    Raises:
        RequestError: Naming the first of them, and what there is.
    """
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            message = f"no parameter is called {shown(name)}"
            there = f"; there are {', '.join(known)}" if known else ": the body has them all"
            raise RequestError(422, "invalid_request", message + there, "see /docs")


STRICT = [Depends(refuse_other_parameters)]
K = Annotated[int, Query(ge=1, description="Length of the list.")]
Exclude = Annotated[bool, Query(description="Leave out what the user has already seen.")]


def create_app(
    stored: StoredIndex,
    load: Loader,
    *,
    limits: Limits | None = None,
    api_key: str | None = None,
    meter: Meter | None = None,
) -> FastAPI:
    """Return the application; its `state.service` can be swapped from outside.

    Args:
        stored: The index that answers at first.
        load: Reads the index that answers after a swap.
        limits: What one request may ask for.
        api_key: What requests must say; anybody may ask, if `None`.
        meter: What `/metrics` reads joules from.
    """
    limits = limits or Limits()
    telemetry = Telemetry(meter)
    batcher = Batcher(limits.lists_waiting, telemetry.blocks.observe)
    service = Service(Recommender(stored, limits), load, limits, telemetry, batcher)
    telemetry.manifest = stored.manifest

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        batcher.close()

    errors: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorAnswer} for status in (400, 401, 404, 408, 413, 415, 422, 503)
    }
    app = FastAPI(
        title="ecorec",
        version=VERSION,
        description="Recommendations of a trained model.",
        lifespan=lifespan,
        responses=errors,
        redoc_url=None,
    )
    app.state.service = service
    _add_endpoints(app, service, guarded=api_key is not None)
    add_error_answers(app)
    app.add_middleware(Guard, limits=limits, api_key=api_key, on_answer=telemetry.observe)
    return app


def _add_endpoints(app: FastAPI, service: Service, *, guarded: bool) -> None:
    @app.get("/recommendations/{user:path}", response_model=UserAnswer, dependencies=STRICT)
    async def recommend(user: str, k: K = 10, exclude_seen: Exclude = True) -> Response:
        """One known user's list."""
        now = service.recommender
        now.check_k(k)
        items, scores = await service.lists(Job(now, "top", now.users([user]), k, exclude_seen))
        return _json({**now.about, "user": user, **now.ranking(items[0], scores[0])})

    @app.post("/recommendations", response_model=Answer, dependencies=STRICT)
    async def recommend_many(question: Question) -> Response:
        """Lists of known users, and of unknown ones by their items."""
        now = service.recommender
        now.check_k(question.k)
        now.check_batch(question.users, question.histories)
        users = now.users(question.users)
        histories = [np.array(now.items(items), dtype=np.int64) for items in question.histories]
        rows: list[dict[str, Any]] = []
        for what, wanted, names in (
            ("top", users, question.users),
            ("fold_in", histories, [None] * len(histories)),
        ):
            if wanted:
                job = Job(now, what, [*wanted], question.k, question.exclude_seen)  # type: ignore[arg-type]
                found = zip(names, *await service.lists(job), strict=True)
                rows += [{"user": name, **now.ranking(*lists)} for name, *lists in found]
        return _json({**now.about, "recommendations": rows})

    @app.get("/similar/{item:path}", response_model=SimilarAnswer, dependencies=STRICT)
    async def similar(item: str, k: K = 10) -> Response:
        """Items most like another."""
        now = service.recommender
        now.check_k(k)
        items, scores = await service.lists(Job(now, "similar", now.items([item]), k))
        return _json({**now.about, "item": item, **now.ranking(items[0], scores[0])})

    @app.get("/healthz")
    async def healthy() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        """It can answer."""
        now = service.recommender
        return {"status": "ok", **now.about, "kind": now.manifest.kind}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters in Prometheus's text format."""
        text = await asyncio.to_thread(service.telemetry.exposition)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.post(
        "/admin/swap",
        response_model=SwapAnswer,
        responses={403: {"model": ErrorAnswer}, 409: {"model": ErrorAnswer}},
    )
    async def swap(request: Request, order: SwapOrder | None = None) -> SwapAnswer:
        """Serve another run of the same study, or the present index as it is on disk now."""
        host = request.client.host if request.client else ""
        if not guarded and host not in LOOPBACK:
            message = "without an API key, the index is swapped from this machine only"
            raise RequestError(403, "forbidden", message, "start the server with ECOREC_API_KEY")
        return await service.swap(order.run_id if order else None)


def _json(values: dict[str, Any]) -> Response:
    return Response(orjson.dumps(values), media_type="application/json")
