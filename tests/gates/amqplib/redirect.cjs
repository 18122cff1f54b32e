// Some of amqplib's tests connect to localhost:5672 whatever URL says. This leads port 5672 to the broker under test.
'use strict';
const net = require('node:net');

const broker = new URL(process.env.URL);
const connect = net.connect;
net.connect = function (...args) {
  const [options] = args;
  if (options !== null && typeof options === 'object' && Number(options.port) === 5672)
    args[0] = { ...options, host: broker.hostname, port: Number(broker.port) };
  else if (Number(options) === 5672)
    args.splice(0, typeof args[1] === 'string' ? 2 : 1, Number(broker.port), broker.hostname);
  return connect.apply(this, args);
};
