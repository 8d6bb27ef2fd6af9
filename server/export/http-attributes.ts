import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_CLIENT_PORT,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_NETWORK_TRANSPORT,
  ATTR_NETWORK_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import { KEY_BYTES, type PathColumns } from '../join/paths.ts';
import { addressText } from '../wire/address.ts';
import { FLAGS, HEAD_BYTES, headText, PROTOCOLS } from '../wire/record.ts';

/** The methods that the HTTP conventions allow as values; any other is `_OTHER`. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];

/** No route is known from outside the server, so the name is the method or the protocol alone: low cardinality. */
export function spanName(attributes: Attributes): string {
  const method = attributes[ATTR_HTTP_REQUEST_METHOD];
  if (method === undefined) return String(attributes[ATTR_NETWORK_PROTOCOL_NAME] ?? 'exchange').toUpperCase();
  return method === '_OTHER' ? 'HTTP' : String(method);
}

/** Semantic conventions 1.45: of the network, and of HTTP on the server's side where the exchange can be read. */
export function exchangeAttributes(columns: PathColumns, row: number): Attributes {
  const key = row * KEY_BYTES;
  const ports = new DataView(columns.keys.buffer, columns.keys.byteOffset + key + 32, 4);
  const protocol = PROTOCOLS[columns.protocol[row] as number];
  return {
    ...(protocol === 'tls' || protocol === 'other' ? {} : httpAttributes(columns, row)),
    ...(protocol === 'tls' ? { [ATTR_NETWORK_PROTOCOL_NAME]: 'tls' } : {}),
    ...(protocol === 'http/2' ? { [ATTR_NETWORK_PROTOCOL_VERSION]: '2' } : {}),
    [ATTR_CLIENT_ADDRESS]: addressText(columns.keys, key),
    [ATTR_CLIENT_PORT]: ports.getUint16(0, true),
    [ATTR_SERVER_ADDRESS]: addressText(columns.keys, key + 16),
    [ATTR_SERVER_PORT]: ports.getUint16(2, true),
    [ATTR_NETWORK_TRANSPORT]: 'tcp',
    [ATTR_NETWORK_TYPE]: ((columns.flags[row] as number) & FLAGS.ipv4) === 0 ? 'ipv6' : 'ipv4',
  };
}

function httpAttributes(columns: PathColumns, row: number): Attributes {
  const head = headText(columns.heads, row * HEAD_BYTES, columns.headLength[row] as number);
  const status = columns.status[row] as number;
  const known = METHODS.includes(head.method);
  return {
    [ATTR_HTTP_REQUEST_METHOD]: known ? head.method : '_OTHER',
    ...(known || head.method === '' ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: head.method }),
    ...(head.path === '' ? {} : { [ATTR_URL_PATH]: head.path }),
    [ATTR_URL_SCHEME]: 'http',
    ...(status === 0 ? {} : { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
    ...(status >= 500 ? { [ATTR_ERROR_TYPE]: String(status) } : {}),
    [ATTR_NETWORK_PROTOCOL_NAME]: 'http',
  };
}
