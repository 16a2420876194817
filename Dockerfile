# The product as an image: serve, migrate, doctor. It brings no database: set DATABASE_URL (compose.yaml does).

FROM node:24-slim AS pages
WORKDIR /source/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY docs /source/docs
COPY web ./
RUN npm run build

FROM python:3.13-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv && /opt/venv/bin/pip install 'setuptools>=80'
COPY requirements-image.lock /source/
RUN /opt/venv/bin/pip install --require-hashes -r /source/requirements-image.lock
COPY . /opt/jackfield
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation --editable /opt/jackfield \
    && /opt/venv/bin/pip uninstall --yes setuptools \
    && /opt/venv/bin/python -m compileall -q /opt/jackfield

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/jackfield jackfield
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/jackfield /opt/jackfield
COPY --from=pages /source/web/dist /opt/jackfield/web/dist
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    JACKFIELD_HOME=/var/lib/jackfield JACKFIELD_HOST=0.0.0.0 JACKFIELD_PORT=8080 JACKFIELD_LOG_FORMAT=json
WORKDIR /opt/jackfield
USER jackfield
VOLUME /var/lib/jackfield
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['JACKFIELD_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "app.cli"]
CMD ["serve"]
