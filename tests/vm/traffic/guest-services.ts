/** What the guest serves beside the lab's own Nginx, started through its shell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabRun } from '../lab-run.ts';

export const GUEST = '10.77.0.10';
export const GUEST_V6 = 'fd77::10';
export const CLIENT_V6 = 'fd77::1';
/** nginx: the lab's own, several workers (and IPv6), TLS, HTTP/2 cleartext and over TLS; app: Node. */
export const PORTS = { nginx: 80, workers: 8081, tls: 443, h2c: 8082, h2: 8443, app: 8080 } as const;

const FOLDER = '/run/traffic';
const NGINX = `
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
user root;
worker_processes 3;
pid /run/traffic/nginx.pid;
error_log /run/traffic/error.log;
events { worker_connections 512; }
http {
	access_log off;
	default_type text/plain;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000;
	keepalive_timeout 3600s;
	root /run/hopscope/www;
	ssl_certificate ${FOLDER}/cert.pem;
	ssl_certificate_key ${FOLDER}/key.pem;
	server {
		listen ${PORTS.workers} reuseport;
		listen [::]:${PORTS.workers} ipv6only=on reuseport;
		location /app/ { proxy_pass http://127.0.0.1:${PORTS.app}/; }
		location /sleep/100 { echo_sleep 0.100; echo_exec /small; }
	}
	server {
		listen ${PORTS.tls} ssl;
		ssl_protocols TLSv1.2 TLSv1.3;
		location /sleep/100 { echo_sleep 0.100; echo_exec /small; }
	}
	server {
		listen ${PORTS.h2c} http2;
		listen ${PORTS.h2} ssl http2;
		location /sleep/100 { echo_sleep 0.100; echo_exec /small; }
	}
}
`;

/** Starts all of it and resolves when it listens. @param key, cert PEM of a self-signed certificate */
export async function startServices(run: LabRun, key: string, cert: string): Promise<void> {
  const app = readFileSync(join(import.meta.dirname, 'guest-app.mjs'), 'utf8');
  const files = { 'nginx.conf': NGINX, 'key.pem': key, 'cert.pem': cert, 'app.mjs': app };
  const write = Object.entries(files).map(
    ([name, text]) => `echo ${Buffer.from(text).toString('base64')} | base64 -d > ${FOLDER}/${name}`,
  );
  await inGuest(
    run,
    [
      `mkdir -p ${FOLDER}`,
      ...write,
      `/sbin/ip -6 addr add ${GUEST_V6}/64 dev eth0 nodad`,
      `nginx -c ${FOLDER}/nginx.conf`,
      `node ${FOLDER}/app.mjs ${PORTS.app} > ${FOLDER}/app.log 2>&1 & app=$!`,
      `until grep -q listening ${FOLDER}/app.log; do kill -0 $app || { cat ${FOLDER}/app.log; exit 1; }; sleep 0.1; done`,
    ].join('\n'),
    240_000,
  );
}

/** Runs a script that must succeed. */
export async function inGuest(run: LabRun, script: string, limitMs = 60_000): Promise<string> {
  const { code, stdout } = await run.guest(`set -e\n${script}`, limitMs);
  if (code !== 0) throw new Error(`in the guest, exit code ${code}:\n${stdout}`);
  return stdout;
}
