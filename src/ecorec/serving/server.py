"""The HTTP server: outside ids in and out, every error typed, one thread that computes.

`create_app` needs the extra `serve` (fastapi, uvicorn, prometheus-client, orjson).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ecorec.energy.meter import Meter
from ecorec.errors import EcorecError
from ecorec.serving.batching import Batcher, Job
from ecorec.serving.guard import Guard
from ecorec.serving.index import Lists
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
from ecorec.serving.storage import StoredIndex
from ecorec.serving.telemetry import Telemetry
from ecorec.version import VERSION

Loader = Callable[[str | None], StoredIndex]
"""Reads the index of a run of the same study by its id, or the present one again."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
K = Annotated[int, Query(ge=1, description="Length of the list.")]
Exclude = Annotated[bool, Query(description="Leave out what the user has already seen.")]


@dataclass(eq=False)
class Service:
    """What the endpoints share."""

    recommender: Recommender
    load: Loader
    limits: Limits
    telemetry: Telemetry
    batcher: Batcher
    swapping: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def lists(self, job: Job) -> Lists:
        """Wait for the lists of a job, but not for ever."""
        try:
            async with asyncio.timeout(self.limits.timeout_s):
                found = await self.batcher.ask(job)
        except TimeoutError:
            message = f"no answer within {self.limits.timeout_s:g} s"
            raise RequestError(503, "timeout", message, "come back in a second") from None
        self.telemetry.lists.inc(len(job.rows))
        return found

    async def swap(self, run_id: str | None) -> SwapAnswer:
        """Read another index beside the one that answers, then let it answer.

        Requests that came before keep the index that they came to. An index that cannot be read
        changes nothing.
        """
        async with self.swapping:
            before = self.recommender.manifest.version
            try:
                stored = await asyncio.to_thread(self.load, run_id)
            except EcorecError as error:
                raise RequestError(409, "index_refused", error.message, error.hint) from error
            new = Recommender(stored, self.limits)
            await self.batcher.ask(Job(new, "top", [0], 1))  # touched once before anybody waits
            self.recommender = new
            self.telemetry.manifest = new.manifest
            self.telemetry.swaps.inc()
        about = new.manifest
        return SwapAnswer(
            before=before, after=about.version, run_id=about.run_id, model=about.model
        )


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
    batcher = Batcher(limits.max_waiting, telemetry.blocks.observe)
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
    _add_error_answers(app)
    app.add_middleware(Guard, limits=limits, api_key=api_key, on_answer=telemetry.observe)
    return app


def _add_endpoints(app: FastAPI, service: Service, *, guarded: bool) -> None:
    @app.get("/recommendations/{user:path}", response_model=UserAnswer)
    async def recommend(user: str, k: K = 10, exclude_seen: Exclude = True) -> Response:
        """One known user's list."""
        now = service.recommender
        now.check_k(k)
        items, scores = await service.lists(Job(now, "top", now.users([user]), k, exclude_seen))
        return _json({**now.about, "user": user, **now.ranking(items[0], scores[0])})

    @app.post("/recommendations", response_model=Answer)
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

    @app.get("/similar/{item:path}", response_model=SimilarAnswer)
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


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(RequestError)
    async def typed(_: Request, error: RequestError) -> Response:
        headers = {"Retry-After": "1"} if error.status == 503 else None
        return _error(error, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            reason = first.get("ctx", {}).get("error", first["msg"])
            message = f"the body is no JSON: {reason} at character {first['loc'][-1]}"
            return _error(RequestError(400, "malformed_json", message, "see /docs"))
        if isinstance(first.get("input"), bytes):
            given = request.headers.get("content-type", "none")[:64]
            message = f"the body's content-type is `{given}`"
            hint = "send JSON, with content-type: application/json"
            return _error(RequestError(415, "unsupported_media_type", message, hint))
        where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        given = str(first.get("input"))[:64]
        message = f"{where} = `{given}`: {first['msg']}"
        return _error(RequestError(422, "invalid_request", message, "see /docs"))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        kinds = {404: "unknown_path", 405: "method_not_allowed"}
        kind = kinds.get(error.status_code, "bad_request")
        message = f"{request.method} {request.url.path[:200]}: {error.detail}"
        return _error(RequestError(error.status_code, kind, message, "see /docs"), error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        message = f"the server failed: {type(error).__name__}"
        return _error(RequestError(500, "internal", message, "its log says more"))


def _error(error: RequestError, headers: Any = None) -> Response:
    body = orjson.dumps(error.body)
    return Response(body, error.status, headers, media_type="application/json")
