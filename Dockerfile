# Claviger in a container: compiled in Rust's official image, run on top of a C library and nothing else. docs/operating.md says how to run
# it; docker-compose.yml runs it together with PostgreSQL.
#
# Both stages are Debian 13 (trixie): the C library that the program is linked with is the one that it meets when it runs.
ARG RUST_VERSION=1.95.0

FROM rust:${RUST_VERSION}-slim-trixie AS build
WORKDIR /source
COPY . .
# A C compiler is all that aws-lc and SQLite ask for, and this image has one. Crates, and what was compiled of them, stay in the builder's
# cache, so that a change of our own source compiles that alone. Ours is touched first: it may be older than what the cache has of it, as after
# going back to an earlier commit, and cargo goes by the time.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && cargo build --release --locked --bin claviger \
    && install -D target/release/claviger /image/claviger \
    && scripts/licences /image/licences \
    && mkdir /image/data

# Distroless rather than debian:13-slim: it has what the program is linked with and the certificates of public authorities, but no shell and
# no package manager, so there is less to carry, less to update, and little for an intruder to use.
FROM gcr.io/distroless/cc-debian13:nonroot
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Claviger" \
    org.opencontainers.image.description="A small, complete OAuth 2 and OpenID Connect authorization server" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.base.name="gcr.io/distroless/cc-debian13:nonroot"
COPY --from=build /image/licences /usr/share/doc/claviger
COPY --from=build /image/claviger /usr/local/bin/claviger
# The one place that is written to: keys, and a SQLite database where there is no other. A volume begins as a copy of it, owner included.
COPY --from=build --chown=65532:65532 /image/data /data
# Every address of the container: which of the host's lead to it is for whoever publishes the port to say.
ENV CLAVIGER_SERVER_LISTEN=0.0.0.0:8080
# By its number, so that a cluster can see that it is not root.
USER 65532:65532
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s CMD ["claviger", "health"]
ENTRYPOINT ["claviger"]
CMD ["serve"]
