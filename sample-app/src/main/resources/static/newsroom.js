const byId = id => document.getElementById(id);
const served = byId('served');

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function nodeName(name) {
  const node = cluster.nodes.find(each => each.name === name);
  const replica = node ? node.role === 'REPLICA' : name.startsWith('replica');
  return element('span', name, replica ? 'node replica' : 'node');
}

const reasons = {
  READ_ONLY: 'a read, and this replica has all that you must see',
  READ_WRITE: 'a write, and writes go to the primary',
  BEHIND: 'no replica has your latest change yet',
  RECENT_WRITE: 'you have written a moment ago',
  NO_REPLICA: 'no replica can serve',
  TOO_STALE: 'the replicas are too far behind',
  HELD: 'the connection has just written'
};

async function call(path, body) {
  const response = await fetch('/api' + path, body && {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const header = response.headers.get('Served-By');
  show(body ? 'Your change' : 'Your page', header);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail || answer.title);
  return { answer, decisions: decisions(header) };
}

function decisions(header) {
  return (header || '').split(', ').filter(Boolean).map(part => {
    const [node, reason] = part.split('; reason=');
    return { node, reason };
  });
}

function show(subject, header) {
  const all = decisions(header);
  served.replaceChildren(`${subject} came from `);
  all.forEach(({ node, reason }, i) => {
    served.append(i ? ', then ' : '', nodeName(node), `: ${reasons[reason] || reason}`);
  });
  if (!all.length) served.append('no database');
}

function mark(all) {
  const line = element('span', '', 'mark');
  const last = all[all.length - 1];
  if (last) line.append('from ', nodeName(last.node), ` (${last.reason})`);
  return line;
}

function onSubmit(form, action) {
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const problem = form.querySelector('.problem');
    const button = form.querySelector('button');
    problem.hidden = true;
    button.disabled = true;
    try {
      await action(Object.fromEntries(new FormData(form)));
      form.reset();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

function view({ article, from }) {
  const node = byId('article').content.cloneNode(true);
  node.querySelector('article').dataset.id = article.id;
  node.querySelector('h2').textContent = article.title;
  node.querySelector('.by').append(`${article.author}, ${new Date(article.publishedAt).toLocaleString()} `, mark(from));
  node.querySelector('.body').textContent = article.body;
  const list = node.querySelector('ul');
  const load = async () => {
    const { answer, decisions: from } = await call(`/articles/${article.id}/comments`);
    list.replaceChildren(...answer.map(({ author, text }) => {
      const item = element('li', `${author}: ${text} `);
      item.append(mark(from));
      return item;
    }));
  };
  node.querySelector('details').addEventListener('toggle', event => event.target.open && load());
  onSubmit(node.querySelector('form'), async draft => {
    await call(`/articles/${article.id}/comments`, draft);
    await load();
  });
  return node;
}

/* The cluster, as the server pushes it twice a second. */

let cluster = { nodes: [], decisions: [], reading: false };
const lags = new Map();
const POINTS = 60;

const states = {
  ONLINE: 'serves', LAGGING: 'too far behind', OFFLINE: 'cannot be reached', DRAINED: 'taken out',
  SHARED: 'several servers', DIVERGED: 'another history', MISCONFIGURED: 'does not belong here'
};

const levers = {
  REPLICA: [['delay?seconds=3', 'Apply 3 s late'], ['delay?seconds=0', 'Apply at once'], ['pause', 'Pause'], ['resume', 'Resume'],
    ['freeze', 'Freeze'], ['thaw', 'Thaw'], ['kill', 'Kill'], ['start', 'Start'], ['promote', 'Make it the primary']],
  PRIMARY: [['freeze', 'Freeze'], ['thaw', 'Thaw'], ['kill', 'Kill'], ['start', 'Start']]
};

async function pull(node, lever) {
  const problem = byId('lever-problem');
  problem.hidden = true;
  const response = await fetch(`/api/cluster/${node}/${lever}`, { method: 'POST' });
  if (!response.ok) {
    const answer = await response.json();
    problem.textContent = answer.detail || answer.title;
    problem.hidden = false;
  }
}

function chart(points) {
  const most = Math.max(1000, ...points);
  const line = points.map((lag, i) => `${i * 100 / (POINTS - 1)},${30 - lag * 28 / most}`).join(' ');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 32');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const polyline = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  polyline.setAttribute('points', line);
  svg.append(polyline);
  return svg;
}

function card(name) {
  let found = document.querySelector(`[data-node="${name}"]`);
  if (!found) {
    found = byId('server').content.firstElementChild.cloneNode(true);
    found.dataset.node = name;
    byId('servers').append(found);
  }
  return found;
}

function showLevers(box, node) {
  if (box.dataset.role === node.role) return;
  box.dataset.role = node.role;
  box.replaceChildren(...levers[node.role].map(([lever, label]) => {
    const button = element('button', label);
    button.type = 'button';
    button.setAttribute('aria-label', `${label}: ${node.name}`);
    button.addEventListener('click', async () => {
      button.disabled = true;
      try { await pull(node.name, lever); } finally { button.disabled = false; }
    });
    return button;
  }));
}

function showCluster(next) {
  cluster = next;
  const reads = next.nodes.reduce((sum, node) => sum + node.reads, 0);
  for (const node of next.nodes) {
    const box = card(node.name);
    box.classList.toggle('away', node.state !== 'ONLINE');
    box.querySelector('h3').replaceChildren(nodeName(node.name), element('span', node.role.toLowerCase(), 'mark'),
      element('span', states[node.state] || node.state, 'state'));
    const share = reads ? Math.round(node.reads * 100 / reads) : 0;
    box.querySelector('.figures').textContent = `${node.reads} reads (${share} %), ${node.writes} writes`;
    const points = lags.get(node.name) || [];
    points.push(node.lagMillis || 0);
    if (points.length > POINTS) points.shift();
    lags.set(node.name, points);
    box.querySelector('.lag').textContent = node.role === 'PRIMARY' ? 'Takes every write.'
      : node.lagMillis === null ? 'How far it is behind is not known.'
        : `${(node.lagMillis / 1000).toFixed(1)} s behind the primary`;
    box.querySelector('.chart').replaceChildren(...(node.role === 'REPLICA' ? [chart(points)] : []));
    box.querySelector('.cause').textContent = node.state === 'ONLINE' ? '' : node.cause || '';
    showLevers(box.querySelector('.levers'), node);
  }
  byId('decisions').replaceChildren(...next.decisions.map(({ node, reason }) => {
    const item = element('li');
    item.append(nodeName(node), ` ${reasons[reason] || reason}`);
    return item;
  }));
  byId('visits').textContent = next.reading || next.failed ? `Visits that failed so far: ${next.failed}` : '';
  byId('visitors').textContent = next.reading ? 'Send the visitors away' : 'Let visitors read all the time';
}

new EventSource('/api/cluster/events').onmessage = event => showCluster(JSON.parse(event.data));
byId('visitors').addEventListener('click', () =>
  fetch(`/api/cluster/visitors?on=${!cluster.reading}`, { method: 'POST' }));

/* Stories: a few steps, each with one button and a sentence that says where to look. */

const replicas = () => cluster.nodes.filter(node => node.role === 'REPLICA');
const primary = () => cluster.nodes.find(node => node.role === 'PRIMARY' && node.state === 'ONLINE')
  || cluster.nodes.find(node => node.role === 'PRIMARY');

async function firstArticle() {
  const article = document.querySelector('article');
  const details = article.querySelector('details');
  details.open = true;
  return article;
}

const stories = {
  comment: {
    title: 'The vanishing comment',
    steps: [
      ['Hold the replicas back', 'Both replicas apply changes 3 seconds late from now on. Watch their curves after the next step.',
        () => Promise.all(replicas().map(node => pull(node.name, 'delay?seconds=3')))],
      ['Write a comment', 'Your comment is there at once, although no replica has it yet: you were served by the primary, because no replica has your latest change. Everybody else goes on reading from the replicas.',
        async () => {
          const article = await firstArticle();
          await call(`/articles/${article.dataset.id}/comments`, { author: 'You', text: `Is this still here? (${new Date().toLocaleTimeString()})` });
          article.querySelector('details').open = false;
          article.querySelector('details').open = true;
        }],
      ['Look again', 'Once a replica has applied your comment, it serves you again. Press again until it does.',
        async () => {
          const article = await firstArticle();
          article.querySelector('details').open = false;
          article.querySelector('details').open = true;
        }, true],
      ['Let the replicas go', 'They apply changes at once again.',
        () => Promise.all(replicas().map(node => pull(node.name, 'delay?seconds=0')))]
    ]
  },
  replica: {
    title: 'A replica dies',
    steps: [
      ['Let visitors read', 'Visitors read the front page all the time. Both replicas serve them.',
        () => fetch('/api/cluster/visitors?on=true', { method: 'POST' })],
      ['Kill one replica', 'It is gone, and nobody notices: the other one serves everybody.',
        () => pull(replicas()[0].name, 'kill').then(() => { stories.replica.gone = replicas()[0].name; })],
      ['Bring it back', 'A few seconds later it serves its share again.',
        () => pull(stories.replica.gone || replicas()[0].name, 'start')],
      ['Send the visitors away', 'That was all.', () => fetch('/api/cluster/visitors?on=false', { method: 'POST' })]
    ]
  },
  primary: {
    title: 'The primary dies',
    steps: [
      ['Kill the primary', 'Nobody can write now. Reading goes on.',
        () => { stories.primary.old = primary().name; return pull(stories.primary.old, 'kill'); }],
      ['Make a replica the primary', 'The application follows it by itself. Publish an article: writes are back.',
        () => pull(replicas().find(node => node.state === 'ONLINE').name, 'promote')],
      ['Bring the old primary back', 'It returns as a replica of the new primary, and serves reads.',
        () => pull(stories.primary.old, 'start')]
    ]
  }
};

function tellStory(name, step = 0, said = '') {
  const story = stories[name];
  const box = byId('story');
  box.replaceChildren(element('h2', story.title), element('p', said || 'One button for each step. Watch the servers.'));
  const current = story.steps[step];
  const close = element('button', current ? 'Leave the story' : 'Done');
  close.type = 'button';
  close.addEventListener('click', () => box.replaceChildren());
  if (current) {
    const [label, after, action, again] = current;
    const button = element('button', label, 'next');
    button.type = 'button';
    button.addEventListener('click', async () => {
      button.disabled = true;
      await action();
      const repeat = again && !served.textContent.includes('replica');
      tellStory(name, repeat ? step : step + 1, after);
      byId('story').querySelector('button').focus();
    });
    box.append(button, ' ');
  }
  box.append(close);
}

document.querySelectorAll('[data-story]').forEach(button =>
  button.addEventListener('click', () => tellStory(button.dataset.story)));

async function showHints() {
  const { hints } = await (await fetch('/actuator/replication')).json();
  const section = byId('hints');
  section.hidden = !hints.length;
  section.querySelector('ul').replaceChildren(...hints.map(({ figure, cause, remedy }) => {
    const item = element('li');
    item.append(element('strong', figure), ` ${cause} ${remedy}`);
    return item;
  }));
}

const articles = byId('articles');
onSubmit(byId('publish'), async draft => {
  const { answer, decisions: from } = await call('/articles', draft);
  articles.prepend(view({ article: answer, from }));
});
call('/articles').then(({ answer, decisions: from }) =>
  articles.append(...answer.map(article => view({ article, from }))));
showHints();
setInterval(showHints, 5000);
