"""Every error of the server as a typed answer, whoever raised it."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ecorec.problems import in_words, placed
from ecorec.serving.limits import RequestError


def add_error_answers(app: FastAPI) -> None:
    """Let an application answer every error with an `ErrorAnswer`."""

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
        within = first["loc"][1:] or first["loc"]
        message = in_words(placed(first, *within))
        return _error(RequestError(422, "invalid_request", message, "see /docs"))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        kinds = {404: "unknown_path", 405: "method_not_allowed"}
        kind = kinds.get(error.status_code, "bad_request")
        message = f"{request.method[:20]} {request.url.path[:200]}: {error.detail}"
        return _error(RequestError(error.status_code, kind, message, "see /docs"), error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        message = f"the server failed: {type(error).__name__}"
        return _error(RequestError(500, "internal", message, "its log says more"))


def _error(error: RequestError, headers: Any = None) -> Response:
    return Response(error.body, error.status, headers, media_type="application/json")
