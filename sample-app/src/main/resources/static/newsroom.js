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
  HELD: 'the connection has just written',
  FORCED: 'the primary was asked for',
  NO_TRANSACTION: 'outside of a transaction, the primary serves',
  STATEMENT: 'a single read',
  SERIALIZABLE: 'only the primary can isolate so strictly',
  STRONG: 'the latest state was asked for'
};

async function call(path, body, method = 'POST') {
  const response = await fetch('/api' + path, body && {
    method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const header = response.headers.get('Served-By');
  show(body ? 'Your change went to ' : 'Your page came from ', header);
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
  served.replaceChildren(subject);
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
    return { answer, decisions: from };
  };
  node.querySelector('article').reload = load;
  node.querySelector('details').addEventListener('toggle', event => event.target.open && load());
  onSubmit(node.querySelector('form'), async draft => {
    await call(`/articles/${article.id}/comments`, draft);
    await load();
  });
  return node;
}

/* The cluster, as the server pushes it twice a second. */

let cluster = { nodes: [], decisions: [], letters: [], load: {}, levers: {} };
let away = false;
const lags = new Map();
const POINTS = 60;

const states = {
  ONLINE: 'serves', LAGGING: 'too far behind', OFFLINE: 'cannot be reached', DRAINED: 'taken out',
  SHARED: 'several servers', DIVERGED: 'another history', MISCONFIGURED: 'does not belong here'
};

const levers = {
  REPLICA: [['delay?seconds=3', 'Apply 3 s late'], ['delay?seconds=0', 'Apply at once'], ['pause', 'Pause'], ['resume', 'Resume'],
    ['freeze', 'Freeze'], ['thaw', 'Thaw'], ['kill', 'Kill'], ['start', 'Start'], ['promote', 'Make it the primary'],
    ['remove', 'Remove']],
  PRIMARY: [['freeze', 'Freeze'], ['thaw', 'Thaw'], ['kill', 'Kill'], ['start', 'Start']]
};

async function post(path) {
  const response = await fetch(`/api/cluster/${path}`, { method: 'POST' });
  if (!response.ok) {
    const answer = await response.json();
    throw new Error(answer.detail || answer.title);
  }
}

const pull = (node, lever) => post(`${node}/${lever}`);

/* Runs the action of a lever, and shows its error in plain words. */
async function attempt(action) {
  const problem = byId('lever-problem');
  problem.hidden = true;
  try {
    await action();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    problem.scrollIntoView({ block: 'nearest' });
  }
}

/* Resolves once the condition holds, and fails if it does not for a minute. */
async function until(condition, missing) {
  for (const end = Date.now() + 60000; Date.now() < end;) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(missing);
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
  const shown = cluster.levers.servers ? node.role : '';
  if (box.dataset.role === shown) return;
  box.dataset.role = shown;
  box.replaceChildren(...(levers[shown] || []).map(([lever, label]) => {
    const button = element('button', label);
    button.type = 'button';
    button.setAttribute('aria-label', `${label}: ${node.name}`);
    button.addEventListener('click', async () => {
      button.disabled = true;
      try { await attempt(() => pull(node.name, lever)); } finally { button.disabled = false; }
    });
    return button;
  }));
}

function showCluster(next) {
  cluster = next;
  document.querySelectorAll('[data-node]').forEach(box => {
    if (!next.nodes.some(node => node.name === box.dataset.node)) box.remove();
  });
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
  byId('letters').replaceChildren(...next.letters.map(({ articleId, title, from }) => {
    const item = element('li', title === null ? `Article ${articleId} was not found: no letter is sent. ` : `“${title}” goes out. `,
      title === null ? 'problem' : '');
    item.append(mark(from ? [from] : []));
    return item;
  }));
  const { readers, editors, visits, changes, failedVisits, failedChanges } = next.load;
  byId('load').textContent = readers || editors || visits || changes
    ? `${visits} visits, ${failedVisits} failed. ${changes} changes, ${failedChanges} failed.` : '';
  choose('readers', readers);
  choose('editors', editors);
  choose('commits', next.levers.synchronous);
  choose('mode', next.levers.mode);
  byId('add').hidden = !next.levers.servers;
  byId('settings').hidden = !next.levers.servers;
  byId('mode').disabled = !next.levers.restart;
  byId('no-levers').hidden = next.levers.servers;
  document.querySelectorAll('[data-story]').forEach(button => { button.disabled = !next.levers.servers; });
}

/* Shows the server's choice, unless the person is choosing. */
function choose(id, value) {
  const select = byId(id);
  if (select.dataset.busy || document.activeElement === select && select.matches(':open')) return;
  if (select.value !== String(value)) select.value = [...select.options].some(option => option.value === String(value)) ? String(value) : select.value;
}

function onChoice(id, action) {
  const select = byId(id);
  select.addEventListener('change', async () => {
    select.dataset.busy = 'true';
    try { await attempt(() => action(select.value)); } finally { delete select.dataset.busy; }
  });
}

function listen() {
  const events = new EventSource('/api/cluster/events');
  events.onmessage = event => {
    away = false;
    byId('away').hidden = true;
    showCluster(JSON.parse(event.data));
  };
  events.onerror = () => {
    away = true;
    byId('away').hidden = false;
    events.close();
    setTimeout(listen, 1000);
  };
}

async function seeOwnWrites(mode) {
  if (cluster.levers.mode === mode) return;
  const consequence = byId('consequence');
  consequence.textContent = 'The newsroom starts again with this setting, which takes a few seconds…';
  await post(`read-your-writes?mode=${mode}`);
  await until(() => !away && cluster.levers.mode === mode && cluster.nodes.every(node => node.state === 'ONLINE' && (node.role === 'PRIMARY' || node.lagMillis !== null)),
    'The newsroom has not come back within a minute.');
  consequence.textContent = mode === 'off' ? 'After a change of yours you may be served by a replica that does not have it yet.'
    : mode === 'time' ? 'After a change of yours the primary serves you for ten seconds.'
      : 'After a change of yours the primary serves you until a replica has it.';
}

const load = (readers, editors) => post(`load?readers=${readers}&editors=${editors}`);

listen();
onChoice('readers', readers => load(readers, cluster.load.editors));
onChoice('editors', editors => load(cluster.load.readers, editors));
onChoice('mode', seeOwnWrites);
onChoice('commits', async synchronous => {
  await post(`commits?synchronous=${synchronous}`);
  byId('consequence').textContent = synchronous === 'true'
    ? 'Each change waits for every replica: late replicas make it slow, and a dead one holds it up until it is back.'
    : 'Changes are quick, and replicas follow a moment later.';
});
byId('add').querySelector('button').addEventListener('click', async event => {
  const said = byId('add').querySelector('[role=status]');
  event.target.disabled = true;
  said.textContent = 'The primary is copied…';
  await attempt(() => post('add'));
  said.textContent = '';
  event.target.disabled = false;
});

/* Stories: a few steps, each with one button and a sentence that says where to look. */

const replicas = () => cluster.nodes.filter(node => node.role === 'REPLICA');
const primary = () => cluster.nodes.find(node => node.role === 'PRIMARY' && node.state === 'ONLINE')
  || cluster.nodes.find(node => node.role === 'PRIMARY');

const delay = seconds => Promise.all(replicas().filter(node => node.state !== 'OFFLINE')
  .map(node => pull(node.name, `delay?seconds=${seconds}`)));
const now = () => new Date().toLocaleTimeString();

/* The comments of the first article, opened and read again. */
async function firstComments() {
  const article = document.querySelector('article');
  article.querySelector('details').open = true;
  return article.reload();
}

async function writeComment() {
  const text = `Is this still here? (${now()})`;
  await call(`/articles/${document.querySelector('article').dataset.id}/comments`, { author: 'You', text });
  const { answer, decisions } = await firstComments();
  const there = answer.some(comment => comment.text === text);
  return [['You wrote', text], ['You see', there ? text : 'nothing: your comment has vanished', there, decisions]];
}

/* Another reader, who does not have your cookie. */
async function headlineOfAnother(id) {
  const response = await fetch(`/api/articles/${id}/headline`, { credentials: 'omit' });
  const { title } = await response.json();
  return { title, decisions: decisions(response.headers.get('Served-By')) };
}

async function changeHeadline() {
  const id = document.querySelector('article').dataset.id;
  const title = `Changed at ${now()}`;
  await call(`/articles/${id}/title`, { title }, 'PUT');
  document.querySelector(`article[data-id="${id}"] h2`).textContent = title;
  stories.cache.changed = { id, title };
  return headline();
}

async function headline() {
  const { id, title } = stories.cache.changed;
  const { title: seen, decisions } = await headlineOfAnother(id);
  return [['You wrote', title], ['Other readers see', seen, seen === title, decisions]];
}

async function caughtUp() {
  await delay(0);
  await until(() => replicas().every(node => node.state !== 'ONLINE' || node.lagMillis !== null && node.lagMillis < 300),
    'The replicas have not caught up within a minute.');
}

async function publish() {
  const { answer, decisions: from } = await call('/articles', { title: `News of ${now()}`, author: 'You', body: 'Published for the story of the message.' });
  articles.prepend(view({ article: answer, from }));
  const letter = () => cluster.letters.find(each => each.articleId === answer.id);
  await until(letter, 'No letter was written within a minute.');
  const { title, from: read } = letter();
  return [['You published', answer.title], ['The newsletter', title === null ? 'did not find the article: the letter is lost' : `writes about “${title}”`, title !== null, [read]]];
}

const off = ['Switch read-your-writes off', 'The newsroom has started again without read-your-writes: nothing looks after what has just been written.', () => seeOwnWrites('off')];
const on = ['Switch read-your-writes on', 'The newsroom has started again with read-your-writes, as it is by default.', () => seeOwnWrites('position')];
const hold = ['Hold the replicas back', 'All replicas apply changes 8 seconds late from now on, as under heavy load. Watch their curves after the next step.', () => delay(8)];
const release = ['Let the replicas go', 'They apply changes at once again. That was all.', () => delay(0)];

/* Each step: its button, the sentence after it, and an action, which may return what is to be seen. */
const stories = {
  comment: {
    title: 'The vanishing comment',
    intro: 'You comment, reload, and your comment is gone. See it happen, and then see it not happen.',
    steps: [off, hold,
      ['Write a comment', 'A replica served you, and it does not have your comment yet. You would write it again.', writeComment],
      on,
      ['Comment again', 'The replicas are as late as before, but now you were served by the primary, because no replica has your change. Everybody else goes on reading from the replicas.', writeComment],
      release]
  },
  replica: {
    title: 'A replica dies',
    intro: 'Readers come all the time. One server that serves them goes away.',
    steps: [
      ['Let readers come', 'Readers open the front page all the time. All replicas serve them.', () => load(2, 0)],
      ['Kill one replica', 'It is gone, and nobody notices: the others serve everybody. See the number of failed visits.',
        () => pull(replicas()[0].name, 'kill').then(() => { stories.replica.gone = replicas()[0].name; })],
      ['Bring it back', 'A few seconds later it serves its share again.', () => pull(stories.replica.gone, 'start')],
      ['Send the readers away', 'That was all.', () => load(0, 0)]
    ]
  },
  primary: {
    title: 'The primary dies',
    intro: 'The only server that takes changes goes away.',
    steps: [
      ['Kill the primary', 'Nobody can write now. Reading goes on.',
        () => { stories.primary.old = primary().name; return pull(stories.primary.old, 'kill'); }],
      ['Make a replica the primary', 'The application follows it by itself. Publish an article: writes are back.',
        () => pull(replicas().find(node => node.state === 'ONLINE').name, 'promote')],
      ['Bring the old primary back', 'It returns as a replica of the new primary, and serves reads.',
        () => pull(stories.primary.old, 'start')]
    ]
  },
  cache: {
    title: 'The cache that keeps the past',
    intro: 'Headlines are kept in a cache. A change throws the old one out, and the next reader fills the cache again.',
    steps: [off, hold,
      ['Change a headline', 'The next reader came at once, was served by a replica that has only the old headline, and put that into the cache, for everybody.', changeHeadline],
      ['Wait until the replicas have it', 'All servers have your headline now. The cache still has the old one, and keeps it until somebody changes it again.',
        async () => { await caughtUp(); return headline(); }],
      on, hold,
      ['Change it again', 'The next reader was sent to the primary, because no replica has what the cache was emptied for. The new headline is in the cache.', changeHeadline],
      release]
  },
  message: {
    title: 'The message that outruns its data',
    intro: 'When an article is published, a message goes to the newsletter. It arrives sooner than the article arrives at the replicas.',
    steps: [off, hold,
      ['Publish an article', 'The message was there at once. The newsletter looked for the article on a replica, which does not have it yet.', publish],
      on,
      ['Publish again', 'The message carries the position of the change. No replica has reached it, so the newsletter read from the primary.', publish],
      release]
  }
};

function evidence(facts) {
  const list = element('dl');
  for (const [label, text, right, from] of facts || []) {
    const shown = element('dd', text + ' ', right === undefined ? '' : right ? 'right' : 'wrong');
    if (from) shown.append(from.length ? mark(from) : element('span', 'from the cache', 'mark'));
    list.append(element('dt', label), shown);
  }
  return list;
}

function tellStory(name, step = 0, said = '', facts = []) {
  const story = stories[name];
  const box = byId('story');
  const current = story.steps[step];
  const progress = element('p', current ? `Step ${step + 1} of ${story.steps.length}` : 'The end', 'mark');
  progress.setAttribute('role', 'status');
  const problem = element('p', '', 'problem');
  problem.setAttribute('role', 'alert');
  box.replaceChildren(element('h2', story.title), progress, element('p', said || story.intro),
    ...(facts.length ? [evidence(facts)] : []), problem);
  const close = element('button', current ? 'Leave the story' : 'Done');
  close.type = 'button';
  close.addEventListener('click', () => box.replaceChildren());
  if (current) {
    const [label, after, action] = current;
    const button = element('button', label, 'next');
    button.type = 'button';
    button.addEventListener('click', async () => {
      button.disabled = true;
      problem.textContent = '';
      progress.textContent = 'One moment…';
      try {
        const seen = await action();
        if (!box.contains(button)) return;
        tellStory(name, step + 1, after, Array.isArray(seen) && Array.isArray(seen[0]) ? seen : []);
        byId('story').querySelector('button').focus();
      } catch (error) {
        problem.textContent = error.message;
        progress.textContent = `Step ${step + 1} of ${story.steps.length}`;
        button.disabled = false;
      }
    });
    box.append(button, ' ');
  }
  box.append(close);
}

document.querySelectorAll('[data-story]').forEach(button =>
  button.addEventListener('click', () => tellStory(button.dataset.story)));

async function showHints() {
  if (away) return;
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
const hints = () => showHints().catch(() => {});
hints();
setInterval(hints, 5000);
