# The server of a trained model: docs/how-to/serve.md. Not built by the project's tests.
#
#   docker build -t ecorec .
#   docker run -p 8000:8000 -e ECOREC_API_KEY=... -v $PWD/study:/study:ro ecorec /study/runs/RUN_ID

FROM python:3.12-slim AS build
# Torch without CUDA: a server needs no GPU, and the image is a tenth of the size.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /source
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir "torch==2.13.0" --index-url $TORCH_INDEX
COPY pyproject.toml README.md LICENSE requirements-dev.lock ./
COPY src src
# The locked versions of what is installed, development tools left out.
RUN /venv/bin/pip install --no-cache-dir -c requirements-dev.lock ".[serve,ann]"

FROM python:3.12-slim
# The OpenMP runtime of numba; torch brings its own.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --create-home --uid 10001 ecorec
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/home/ecorec/numba ECOREC_CACHE=/home/ecorec/cache
USER ecorec
WORKDIR /home/ecorec
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ecorec", "serve", "--host", "0.0.0.0", "--port", "8000"]
