import { describe, expect, it } from 'vitest';
import { addressUrl, isLoopback, type ListenAddress, parseListenAddress } from '../../server/listen-address.ts';

describe('parseListenAddress', () => {
  it.each([
    ['7200', 'http://127.0.0.1:7200'],
    ['127.0.0.1', 'http://127.0.0.1:7117'],
    ['localhost:1', 'http://localhost:1'],
    [':80', 'http://[::]:80'],
    ['[::1]:80', 'http://[::1]:80'],
    ['[::1]', 'http://[::1]:7117'],
    ['::1', 'http://[::1]:7117'],
    ['unix:/run/hopscope.sock', 'http+unix:///run/hopscope.sock'],
  ])('reads %s', (text, url) => {
    expect(addressUrl(parseListenAddress(text) as ListenAddress)).toBe(url);
  });

  it.each(['', 'host', 'host:', 'host:x', '[::1', '[nonsense]:1', '1.2.3.4:65536', 'http://x:1', 'a b:1'])(
    'does not read "%s"',
    (text) => {
      expect(parseListenAddress(text)).toBeNull();
    },
  );
});

describe('isLoopback', () => {
  it('knows the spellings of this machine, and no other', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', '[::1]', '::ffff:127.0.0.1', 'LocalHost']) {
      expect(isLoopback(host), host).toBe(true);
    }
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', '1270.0.0.1', 'localhost.example']) {
      expect(isLoopback(host), host).toBe(false);
    }
  });
});
