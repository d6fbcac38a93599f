/** HTTP servers of tests: on this machine, at a free port, closed when their test has finished. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpServer {
  /** Without a slash at its end. */
  readonly base: string;
  /** All that came, in order. */
  readonly requests: IncomingMessage[];
  /** How it answers from now on. */
  answer: Answer;
  /** As a proxy, leaves whoever asks for a tunnel waiting. @returns where to, each time, as it comes */
  holdConnects(): readonly (string | undefined)[];
}

export async function startHttpServer(answer: Answer): Promise<HttpServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    running.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const held = new Set<Duplex>();
  onTestFinished(async () => {
    server.closeAllConnections();
    for (const socket of held) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const { port } = server.address() as AddressInfo;
  const running: HttpServer = {
    base: `http://127.0.0.1:${port}`,
    requests,
    answer,
    holdConnects() {
      const asked: (string | undefined)[] = [];
      server.on('connect', (request: IncomingMessage, socket: Duplex) => {
        asked.push(request.url);
        socket.on('error', () => undefined);
        held.add(socket);
      });
      return asked;
    },
  };
  return running;
}

/** The first byte that is asked for; undefined where all is. */
export function startOf(request: IncomingMessage): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  return match ? Number(match[1]) : undefined;
}

/** The whole content, or what is asked for of it. */
export function whole(content: Buffer): Answer {
  return (request, response) =>
    begin(content, request, response).end(content.subarray(startOf(request) ?? 0));
}

/** Some bytes, and then nothing more, with the connection open. */
export function stalling(content: Buffer, bytes: number): Answer {
  return (request, response) => {
    const start = startOf(request) ?? 0;
    begin(content, request, response).write(content.subarray(start, start + bytes));
  };
}

/** Some bytes, then breaks the connection once they have arrived: a reset could overtake them. */
export function cut(content: Buffer, bytes: number): Answer {
  return (request, response) => {
    const start = startOf(request) ?? 0;
    begin(content, request, response).write(content.subarray(start, start + bytes), () =>
      setTimeout(() => response.destroy(), 300),
    );
  };
}

function begin(content: Buffer, request: IncomingMessage, response: ServerResponse): ServerResponse {
  const start = startOf(request);
  return response.writeHead(start === undefined ? 200 : 206, {
    'content-length': content.length - (start ?? 0),
  });
}
