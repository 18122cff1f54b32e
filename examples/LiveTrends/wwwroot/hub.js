// A client of a SignalR hub, in its JSON protocol: over a WebSocket, or where none comes through, over server-sent events
// and posts. It connects again and again until it is closed.
const end = '\x1e';
const kinds = { invocation: 1, completion: 3, ping: 6, close: 7 };

export class Hub {
  #url; #on; #send; #calls = new Map(); #next = 0;

  // on: { [method]: handler, state(text) }
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    this.#live();
  }

  call(method, ...args) {
    return new Promise((resolve, reject) => {
      if (!this.#send) return reject(new Error('not connected'));
      const id = String(this.#next++);
      this.#calls.set(id, { resolve, reject });
      this.#send({ type: kinds.invocation, invocationId: id, target: method, arguments: args });
    });
  }

  async #live() {
    for (let wait = 200; ; wait = Math.min(wait * 2, 5000)) {
      try {
        await this.#connect(() => { wait = 200; });
      } catch { /* tried again below */ }
      this.#send = undefined;
      for (const call of this.#calls.values()) call.reject(new Error('the connection was lost'));
      this.#calls.clear();
      this.#on.state('connecting');
      await new Promise(resolve => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }

  // Returns when the connection has ended.
  async #connect(opened) {
    const negotiated = await (await fetch(`${this.#url}/negotiate?negotiateVersion=1`, { method: 'POST' })).json();
    const url = new URL(`${this.#url}?id=${encodeURIComponent(negotiated.connectionToken)}`, location.href);
    const offered = negotiated.availableTransports.map(transport => transport.transport);
    const ways = [];
    if (offered.includes('WebSockets') && 'WebSocket' in window) ways.push(this.#webSocket);
    if (offered.includes('ServerSentEvents')) ways.push(this.#events);
    for (const way of ways) {
      if (await way.call(this, url, opened)) return;
    }
  }

  // Each returns whether it was open.
  #webSocket(url, opened) {
    return new Promise(resolve => {
      const socket = new WebSocket(url.href.replace(/^http/, 'ws'));
      let open = false;
      socket.onopen = () => { open = true; this.#begin(text => socket.send(text), 'WebSockets', opened); };
      socket.onmessage = event => this.#take(event.data, () => socket.close());
      socket.onclose = () => resolve(open);
    });
  }

  #events(url, opened) {
    return new Promise(resolve => {
      const events = new EventSource(url);
      let open = false, sending = Promise.resolve();
      const stop = () => { events.close(); resolve(open); };
      events.onopen = () => {
        open = true;
        this.#begin(text => { sending = sending.then(() => fetch(url, { method: 'POST', body: text })).catch(stop); }, 'server-sent events', opened);
      };
      events.onmessage = event => this.#take(event.data, stop);
      events.onerror = stop;
    });
  }

  #begin(write, transport, opened) {
    write(JSON.stringify({ protocol: 'json', version: 1 }) + end);
    this.#send = message => write(JSON.stringify(message) + end);
    opened();
    this.#on.state('live', transport);
  }

  #take(data, close) {
    for (const text of data.split(end).filter(Boolean)) {
      const message = JSON.parse(text);
      if (message.type === kinds.invocation) this.#on[message.target]?.(...message.arguments);
      else if (message.type === kinds.ping) this.#send({ type: kinds.ping });
      else if (message.type === kinds.close || message.error) close();
      if (message.type === kinds.completion) {
        const call = this.#calls.get(message.invocationId);
        this.#calls.delete(message.invocationId);
        message.error ? call?.reject(new Error(message.error)) : call?.resolve(message.result);
      }
    }
  }
}
