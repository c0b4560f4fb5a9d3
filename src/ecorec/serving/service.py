"""What the endpoints of a server share: the index that answers, its queue, its counters."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ecorec.errors import EcorecError, InputError
from ecorec.serving.batching import Batcher, Job
from ecorec.serving.index import Lists
from ecorec.serving.limits import Limits, RequestError
from ecorec.serving.messages import SwapAnswer
from ecorec.serving.recommender import Recommender
from ecorec.serving.storage import StoredIndex
from ecorec.serving.telemetry import Telemetry

Loader = Callable[[str | None], StoredIndex]
"""Reads the index of a run of the same study by its id, or the present one again."""


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
        """Return the lists of a job.

        Raises:
            RequestError: They were not there in time, or the index cannot answer this.
        """
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

        Requests that came before keep the index that they came to. An index that cannot be read,
        or cannot answer, changes nothing.

        Raises:
            RequestError: It is refused, and why.
        """
        async with self.swapping:
            before = self.recommender.manifest.version
            try:
                stored = await asyncio.to_thread(self._read, run_id)
                new = Recommender(stored, self.limits)
                await self.batcher.ask(Job(new, "top", [0], 1))  # touched once before anybody waits
            except RequestError:
                raise  # nothing is wrong with the index: too many wait, say
            except EcorecError as error:
                raise RequestError(409, "index_refused", error.message, error.hint) from error
            self.recommender = new
            self.telemetry.manifest = new.manifest
            self.telemetry.swaps.inc()
        about = new.manifest
        return SwapAnswer(
            before=before, after=about.version, run_id=about.run_id, model=about.model
        )

    def _read(self, run_id: str | None) -> StoredIndex:
        try:
            return self.load(run_id)
        except OSError as error:
            message = f"{error.filename or 'the index'} cannot be read: {error.strerror or error}"
            hint = "let the user that runs the server read the index's files"
            raise InputError(message, hint=hint) from error
