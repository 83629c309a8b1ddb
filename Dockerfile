# Deadair in an image: the service, the collector and the command line.
#   docker build -t deadair .
# It runs with a read-only root file system, as any user: docker run --read-only --tmpfs /tmp -v data:/data …
# The classic builder and BuildKit both take it; no build tool reaches the final stage.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY collectors collectors
COPY dashboards dashboards
COPY scripts scripts
COPY bench bench
COPY test test
RUN npm run --silent build \
 # Node 24 has SQLite and zstd itself: the optional driver for Node 20 stays out.
 && npm prune --omit=dev --omit=optional \
 && rm -rf dist/test dist/bench dist/.tsbuildinfo* && find dist node_modules -name '*.map' -delete

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="deadair" \
      org.opencontainers.image.description="Log aggregation for distributed test runs" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production DEADAIR_DATA=/data DEADAIR_WATCH=/logs DEADAIR_LISTEN=0.0.0.0 \
    MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/src src
COPY --from=build /app/dashboards dashboards
COPY samples samples
COPY deploy deploy
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/deadair && chmod 755 /app/dist/src/cli/main.js \
 # /secrets: where docker-compose.yml lets setup leave the service's key.
 && mkdir -p /data /logs /config /secrets && chown node:node /data /secrets
USER node
# No VOLUME: containers that keep nothing (collector, setup) would leave an anonymous one behind each time.
EXPOSE 7707
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.DEADAIR_PORT||7707)+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/src/cli/main.js"]
CMD ["up"]
