import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSparkAddress } from './address.ts';
import { transformLines } from './transform-lines.ts';

describe('an address of Spark Connect', () => {
  it('has a port, TLS, a token and a user, as all clients read them', () => {
    const of = (address: string) => parseSparkAddress(address, { USER: 'me' });
    expect(of('sc://spark.example.org')).toMatchObject({ url: 'http://spark.example.org:15002', user: 'me' });
    expect(of('sc://10.0.0.1:443/;use_ssl=true;user_id=you')).toMatchObject({
      url: 'https://10.0.0.1:443',
      user: 'you',
    });
    expect(of('sc://[::1]:7/;token=a%3Db')).toMatchObject({
      url: 'https://[::1]:7',
      token: 'a=b',
      shown: 'sc://[::1]:7/;token=…',
    });
    expect(parseSparkAddress('sc://host', { SPARK_CONNECT_TOKEN: 't' })).toMatchObject({
      url: 'http://host:15002',
      token: 't',
    });
  });

  it.each(['spark://host:7077', 'sc://', 'sc://host:port', 'sc://host/path'])('is none: %s', (address) => {
    expect(() => parseSparkAddress(address)).toThrow('it is no address of Spark Connect: give sc://host:15002');
  });

  it('has no other parameters, and its token is in no message', () => {
    expect(() => parseSparkAddress('sc://host/;token=secret;other=1')).toThrow(
      'sc://host/;token=…;other=1: other=1 is not known',
    );
  });
});

/** Handler of a call in the test's server. */
type Answering = (stream: ServerHttp2Stream, message: Buffer) => void;

let server: Http2Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

const serve = async (answer: Answering): Promise<string> => {
  server = createServer();
  server.on('stream', (stream) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => answer(stream, Buffer.concat(pieces)));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', () => resolve()));
  return `sc://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const framed = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

/** A response with rows, or one that tells of progress alone. */
const response = (lines?: readonly string[]): Buffer => {
  const writer = new BinaryWriter().uint32((1 << 3) | 2).string('session');
  if (!lines)
    return framed(
      writer
        .uint32((18 << 3) | 2)
        .bytes(new Uint8Array(3))
        .finish(),
    );
  const arrow = tableToIPC(tableFromArrays({ line: [...lines] }), 'stream');
  const batch = new BinaryWriter()
    .uint32(8)
    .int64(lines.length)
    .uint32((2 << 3) | 2)
    .bytes(arrow)
    .finish();
  return framed(
    writer
      .uint32((2 << 3) | 2)
      .bytes(batch)
      .finish(),
  );
};

const gathered = async (spark: string, signal?: AbortSignal): Promise<string[]> => {
  const found: string[] = [];
  const work = { spark, command: `a 'b' \\`, lines: ['x', "y'z"], tasks: 9, signal };
  for await (const line of transformLines(work)) found.push(line);
  return found;
};

/** Answers with bytes in pieces of a size, and the status of gRPC. */
const answering =
  (bytes: Buffer, status: Record<string, string>, size = bytes.length): Answering =>
  (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(status));
    for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
    stream.end();
  };

describe('lines that Spark transforms', () => {
  it('come out of messages however they are cut, those of progress apart', async () => {
    const bytes = Buffer.concat([response(), response(['one', 'zwei ü']), response(), response(['three'])]);
    for (const size of [1, 7, 100, bytes.length]) {
      const spark = await serve(answering(bytes, { 'grpc-status': '0' }, size));
      expect(await gathered(spark)).toEqual(['one', 'zwei ü', 'three']);
    }
  });

  it('are asked for by one statement, whose command and names are quoted', async () => {
    let asked: Buffer = Buffer.alloc(0);
    const spark = await serve((stream, message) => {
      asked = message;
      answering(response(['done']), { 'grpc-status': '0' })(stream, message);
    });
    await gathered(spark);
    const texts: string[] = [];
    // plan (3), root (1), sql (10): its query (1) and its arguments (3)
    const inside = (bytes: Uint8Array, path: readonly number[]): void => {
      const reader = new BinaryReader(bytes);
      while (reader.pos < reader.len) {
        const [field, type] = reader.tag();
        if (type !== 2) reader.skip(type);
        else {
          const value = reader.bytes();
          if (field !== path[0]) continue;
          if (path.length === 1) texts.push(Buffer.from(value).toString());
          else inside(value, path.slice(1));
        }
      }
    };
    expect(asked.readUInt32BE(1)).toBe(asked.length - 5);
    inside(asked.subarray(5), [3, 1, 10, 1]);
    inside(asked.subarray(5), [3, 1, 10, 3, 13]);
    expect(texts[0]).toContain(`USING 'a \\'b\\' \\\\' AS (line STRING)`);
    expect(texts[0]).toContain('REPARTITION(2)');
    expect(texts[1]).toBe("x\ny'z");
  });

  it('are given up with what Spark says, without the traces of Java', async () => {
    const said = 'Job aborted: exited with status 1.\n\tat org.apache.Spark.run(Spark.java:1)\nCaused by: it';
    const spark = await serve(
      answering(response(['one']), { 'grpc-status': '13', 'grpc-message': encodeURIComponent(said) }),
    );
    await expect(gathered(spark)).rejects.toThrow(
      `${spark}: Spark gave it up (13): Job aborted: exited with status 1. Caused by: it: see the log of the executors`,
    );
  });

  it.each<[string, Answering, RegExp]>([
    [
      'ends inside of a message',
      answering(response(['one']).subarray(0, 30), { 'grpc-status': '0' }),
      /inside of a message/,
    ],
    [
      'is no server of gRPC',
      (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
      /without a status of gRPC \(HTTP 404\)/,
    ],
    ['compresses', answering(Buffer.from([1, 0, 0, 0, 1, 7]), { 'grpc-status': '0' }), /it compresses its messages/],
    ['is lost', (stream) => stream.session!.destroy(), /is not reached, or was lost/],
  ])('are an error where the server %s', async (_, answer, message) => {
    await expect(gathered(await serve(answer))).rejects.toThrow(message);
  });

  it('are waited for no longer once they are not wanted any more', async () => {
    const stop = new AbortController();
    let isClosed = false;
    const spark = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('close', () => {
        isClosed = true;
      });
      stream.on('error', () => undefined);
      stream.write(response());
      setTimeout(() => stop.abort(new Error('enough')), 50);
    });
    await expect(gathered(spark, stop.signal)).rejects.toThrow('enough');
    await expect.poll(() => isClosed).toBe(true);
  });

  it('are not reached where nobody listens', async () => {
    await expect(gathered('sc://127.0.0.1:1')).rejects.toThrow(/is not reached, or was lost \(.*ECONNREFUSED/);
  });
});
