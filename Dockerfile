# Three images from one file: `server` and `agent` are shipped, the rest builds them.
# NODE_IMAGE is any Debian image with Node 24 and npm in it.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

FROM packages AS built
COPY tsconfig.json vite.config.ts ./
COPY setup/build.ts setup/
COPY agent agent
COPY dashboard dashboard
COPY server server
RUN node setup/build.ts dashboard agent.mjs \
	&& npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM ${NODE_IMAGE} AS bpf
RUN apt-get update -q \
	&& apt-get install -q -y --no-install-recommends clang libbpf-dev linux-libc-dev \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY setup/build.ts setup/
COPY agent/bpf agent/bpf
RUN node setup/build.ts bpf

FROM ${NODE_IMAGE} AS agent
# libbpf loads the programs; ip and ethtool name bridges, taps and drivers.
RUN apt-get update -q \
	&& apt-get install -q -y --no-install-recommends libbpf1 iproute2 ethtool \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=built /app/dist/agent.mjs ./
COPY --from=built /app/node_modules/koffi node_modules/koffi
COPY --from=built /app/node_modules/@koromix node_modules/@koromix
COPY --from=bpf /app/dist/bpf bpf
COPY LICENSE ./
ENV NODE_ENV=production
# Root, because capabilities given by compose reach nobody else; compose leaves it four of them.
ENTRYPOINT ["node", "agent.mjs"]

FROM ${NODE_IMAGE} AS server
WORKDIR /app
COPY --from=built /app/node_modules node_modules
COPY package.json LICENSE hopscope.ts ./
COPY server server
COPY --from=built /app/dist/dashboard dist/dashboard
ENV NODE_ENV=production
USER node
EXPOSE 7117
ENTRYPOINT ["node", "hopscope.ts"]
CMD ["server"]
