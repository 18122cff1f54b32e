import { Hub } from './hub.js';

const at = id => document.getElementById(id);
let transport = '', last;

const hub = new Hub('trends', {
  board(board) {
    last = board;
    draw(board);
    tell();
  },
  state(state, how = '') {
    transport = state === 'live' ? how : '';
    tell();
    if (transport) ping();
  },
});

function tell() {
  const [state, text] = !transport ? ['connecting', 'Connecting to the server']
    : last && last.broker !== 'Connected' ? ['waiting', `The broker is away (${last.broker})`]
    : ['live', `Live, by ${transport}`];
  at('state').dataset.state = state;
  at('state').textContent = text;
}

const spoken = milliseconds => milliseconds == null ? '–'
  : milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;

function draw(board) {
  for (const way of ['polling', 'queue', 'bus']) at(way).value = spoken(board[way]);
  at('posts').textContent = board.posts.toLocaleString();
  at('latest').textContent = board.latest ? new Date(board.latest).toLocaleTimeString() : '–';
  at('board').replaceChildren(...board.trends.map(row));
  at('board').dataset.run = board.run;
}

function row(trend, place) {
  const line = document.createElement('tr');
  const cell = (text, name) => {
    const made = line.insertCell();
    made.textContent = text;
    if (name) made.className = name;
  };
  const rise = trend.rise;
  cell(`${place + 1}${rise == null ? ' new' : rise > 0 ? ' ▲' : rise < 0 ? ' ▼' : ''}`, rise > 0 ? 'up' : rise < 0 ? 'down' : '');
  cell(`#${trend.topic}`, 'topic');
  cell(trend.count);
  line.insertCell().append(sparkline(trend.spark));
  return line;
}

function sparkline(counts) {
  const most = Math.max(1, ...counts), svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${counts.length - 1} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M' + counts.map((count, x) => `${x},${19 - 18 * count / most}`).join('L'));
  svg.append(path);
  return svg;
}

at('replay').addEventListener('submit', async event => {
  event.preventDefault();
  const form = event.target, button = event.submitter;
  let since = null;
  if (button.value === 'time') {
    if (!form.time.value) return form.time.focus();
    const chosen = new Date(`${new Date().toDateString()} ${form.time.value}`);
    since = chosen > new Date() ? chosen.getTime() - 86400000 : chosen.getTime(); // later than now was yesterday
  }
  button.disabled = true;
  try {
    await hub.call('Replay', since);
  } catch (error) {
    at('state').textContent = `Replay: ${error.message}`;
  } finally {
    button.disabled = false;
  }
});

// There and back again, halved.
async function ping() {
  const sent = performance.now();
  try {
    await hub.call('Ping');
    at('socket').value = spoken((performance.now() - sent) / 2);
  } catch {
    at('socket').value = '–';
  }
}
setInterval(ping, 2000);
