# Deadair in an image: the service, the collector and the command line.
#   docker build -t deadair .
# It runs with a read-only root file system, as any user: docker run --read-only --tmpfs /tmp -v data:/data …
# The classic builder and BuildKit both take it. One stage: of a second one the classic builder, which docker-compose 1.29 uses, leaves
# an image without a name behind each time, 600 MB that nobody tells of. No build tool stays: what one step removes is in no layer.
FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="deadair" \
      org.opencontainers.image.description="Log aggregation for distributed test runs" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY scripts/build-page.mjs scripts/build-collect.mjs scripts/compile-packs.mjs scripts/
COPY src src
COPY collectors collectors
COPY dashboards dashboards
COPY samples samples
COPY deploy deploy
RUN npm ci && npm run --silent build \
 # Node 24 has SQLite and zstd itself: the optional driver for Node 20 stays out.
 && npm prune --omit=dev --omit=optional \
 && rm -rf dist/.tsbuildinfo* /root/.npm && find dist node_modules -name '*.map' -delete \
 && ln -s /app/dist/src/cli/main.js /usr/local/bin/deadair && chmod 755 /app/dist/src/cli/main.js \
 # /secrets: where docker-compose.yml lets setup leave the service's key.
 && mkdir -p /data /logs /config /secrets && chown node:node /data /secrets
ENV NODE_ENV=production DEADAIR_DATA=/data DEADAIR_WATCH=/logs DEADAIR_LISTEN=0.0.0.0 \
    MALLOC_ARENA_MAX=1
USER node
# No VOLUME: containers that keep nothing (collector, setup) would leave an anonymous one behind each time.
EXPOSE 7707
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.DEADAIR_PORT||7707)+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/src/cli/main.js"]
CMD ["up"]
