# One image for every process: `newsbrief serve` (all in one), `newsbrief api`, `newsbrief worker`.
#
#   docker build -t newsbrief .
#   docker run -p 127.0.0.1:8000:8000 -e NEWSBRIEF_ALLOW_ANONYMOUS=1 -v newsbrief:/data newsbrief
#
# Build arguments:
#   TORCH_INDEX_URL  where to take torch from. Empty takes the default index's build, which
#                    on Linux brings several GB of CUDA; give the URL of PyTorch's own index
#                    of CPU builds for an image of a tenth of that.
#   WITH_MODELS      1 (default) bakes the models in, so that a container starts without a
#                    network; 0 leaves them out: mount a folder made by
#                    `newsbrief models pull` at /models.

ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
ARG TORCH_INDEX_URL=
WORKDIR /build
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir "pip==26.1"
COPY constraints.txt ./
RUN /venv/bin/pip install --no-cache-dir --constraint constraints.txt \
    ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY service service
COPY prompts prompts
COPY seeds seeds
RUN /venv/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM build AS models
ARG WITH_MODELS=1
RUN mkdir /models \
    && if [ "$WITH_MODELS" = 1 ]; then NEWSBRIEF_MODEL_DIR=/models /venv/bin/newsbrief models pull; fi

FROM python:${PYTHON_VERSION}-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent newsbrief \
    && install -d -o newsbrief /data
COPY --from=build /venv /venv
COPY --from=models /models /models
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NEWSBRIEF_HOST=0.0.0.0 \
    NEWSBRIEF_MODEL_DIR=/models \
    NEWSBRIEF_DATA_DIR=/data
USER newsbrief
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
ENTRYPOINT ["newsbrief"]
CMD ["serve"]
