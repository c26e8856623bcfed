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
  const changed = node && node.lever && !name.startsWith(node.role.toLowerCase());
  return element('span', changed ? `${name}, now ${replica ? 'a replica' : 'the primary'}` : name, replica ? 'node replica' : 'node');
}

const reasons = {
  READ_ONLY: 'it has all that you must see',
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

/* Sends a request, and fails in plain words. */
async function request(path, options) {
  let response;
  try {
    response = await fetch('/api' + path, options);
  } catch {
    throw new Error('The newsroom does not answer. Try again in a few seconds.');
  }
  if (!response.ok) {
    const { detail } = await response.json().catch(() => ({}));
    throw new Error(detail || 'The newsroom cannot do this at the moment. Try again in a few seconds.');
  }
  return response;
}

function reasonOf(reason) {
  return reason === 'READ_ONLY' && cluster.levers.mode === 'off' ? 'any replica may serve a read' : reasons[reason] || '';
}

async function call(path, body, method = 'POST') {
  const slow = setTimeout(() => { served.textContent = 'Waiting for an answer of the database…'; }, 500);
  try {
    const response = await request(path, body && {
      method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const header = response.headers.get('Served-By');
    clearTimeout(slow);
    show(body ? 'Your change went to ' : 'Your page came from ', header);
    return { answer: await response.json(), decisions: decisions(header) };
  } catch (error) {
    clearTimeout(slow);
    served.textContent = error.message;
    throw error;
  }
}

/* Runs the action of a button unless it runs already. The button keeps the focus. */
async function busy(button, action) {
  if (button.ariaDisabled) return;
  button.ariaDisabled = 'true';
  try { return await action(); } finally { button.ariaDisabled = null; }
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
    served.append(i ? ', then ' : '', nodeName(node), `: ${reasonOf(reason)}`);
  });
  if (!all.length) served.append('no database');
}

function mark(all) {
  const line = element('span', '', 'mark');
  const last = all[all.length - 1];
  if (last) {
    line.append('from ', nodeName(last.node), `: ${reasonOf(last.reason)} (${last.reason})`);
  }
  return line;
}

function onSubmit(form, action) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    const problem = form.querySelector('.problem');
    problem.hidden = true;
    busy(form.querySelector('button'), async () => {
      try {
        await action(Object.fromEntries(new FormData(form)));
        form.reset();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      }
    });
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
  node.querySelector('details').addEventListener('toggle', ({ target }) => {
    if (target.open && !target.dataset.told) load().catch(() => {});
    delete target.dataset.told;
  });
  onSubmit(node.querySelector('form'), async draft => {
    await call(`/articles/${article.id}/comments`, draft);
    await load();
  });
  return node;
}

/* The cluster, as the server pushes it twice a second. */

let cluster = { nodes: [], decisions: [], letters: [], load: {}, levers: {} };
let away = false;
let restarting = false;
const lags = new Map();
const POINTS = 60;

const states = {
  ONLINE: 'serves', LAGGING: 'too far behind', OFFLINE: 'cannot be reached', DRAINED: 'taken out',
  SHARED: 'several servers', DIVERGED: 'another history', MISCONFIGURED: 'does not belong here'
};

/* The levers that can be pulled now, with the sentence about those that are. */
function leversOf({ role, lever: { running, frozen, paused, delayMillis } }) {
  if (!running) {
    return ['It does not run.', [['start', 'Start'], ...(role === 'REPLICA' ? [['remove', 'Remove']] : [])]];
  }
  if (frozen) return ['Frozen: it takes requests and answers none.', [['thaw', 'Thaw'], ['kill', 'Kill']]];
  if (role !== 'REPLICA') return ['', [['freeze', 'Freeze'], ['kill', 'Kill']]];
  return [paused ? 'Paused: it gets changes, and shows none of them.'
    : delayMillis ? `Late: it shows each change ${delayMillis / 1000} s after the primary.` : '',
  [delayMillis ? ['delay?seconds=0', 'Apply at once'] : ['delay?seconds=3', 'Apply 3 s late'],
    paused ? ['resume', 'Resume'] : ['pause', 'Pause'], ['freeze', 'Freeze'], ['kill', 'Kill'],
    ['promote', 'Make it the primary'], ['remove', 'Remove']]];
}

const post = path => request(`/cluster/${path}`, { method: 'POST' });

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

/* Resolves once the condition holds, and fails if it does not for two minutes. */
async function until(condition, missing) {
  for (const end = Date.now() + 120000; Date.now() < end;) {
    if (await condition()) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(missing);
}

const top = points => Math.max(1000, ...points);

function chart(points) {
  const most = top(points);
  const line = points.map((lag, i) => lag === null ? '' : `${i * 100 / (POINTS - 1)},${30 - lag * 28 / most}`).join(' ');
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

function showLevers(card, node) {
  const box = card.querySelector('.levers');
  const [said, possible] = node.lever ? leversOf(node) : ['', []];
  card.querySelector('.pulled').textContent = said;
  const shown = possible.join();
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const focused = [...box.children].indexOf(document.activeElement);
  box.replaceChildren(...possible.map(([lever, label]) => {
    const button = element('button', label);
    button.type = 'button';
    button.setAttribute('aria-label', `${label}: ${node.name}`);
    button.addEventListener('click', () => busy(button, () => attempt(() => pull(node.name, lever))));
    return button;
  }));
  if (focused >= 0 && possible.length) box.children[Math.min(focused, possible.length - 1)].focus();
}

/* The role, unless the name says it. A server keeps its name when its role changes. */
function roleOf({ name, role, lever }) {
  const word = role.toLowerCase();
  return name.startsWith(word) ? '' : `${lever ? 'now ' : ''}${role === 'PRIMARY' ? 'the' : 'a'} ${word}`;
}

const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;

/* A person who wants no motion gets a new picture every five seconds. */
const still = matchMedia('(prefers-reduced-motion: reduce)');
let ticks = 0;

function showCluster(next) {
  cluster = next;
  document.querySelectorAll('[data-node]').forEach(box => {
    if (!next.nodes.some(node => node.name === box.dataset.node)) box.remove();
  });
  const draw = !still.matches || ticks % 10 === 0;
  ticks++;
  const reads = next.nodes.reduce((sum, node) => sum + node.reads, 0);
  for (const node of next.nodes) {
    const box = card(node.name);
    box.classList.toggle('away', node.state !== 'ONLINE');
    const role = roleOf(node);
    box.querySelector('h3').replaceChildren(element('span', node.name, node.role === 'REPLICA' ? 'node replica' : 'node'), ...(role ? [element('span', role, 'mark')] : []),
      element('span', states[node.state] || node.state, 'state'));
    const share = reads ? Math.round(node.reads * 100 / reads) : 0;
    box.querySelector('.figures').textContent = `${count(node.reads, 'read')} (${share} % of all), ${count(node.writes, 'write')}`;
    const points = lags.get(node.name) || [];
    points.push(node.lagMillis);
    if (points.length > POINTS) points.shift();
    lags.set(node.name, points);
    box.querySelector('.position').textContent = node.position ? `Place in the log of changes: ${node.position}` : '';
    const dead = node.lever && !node.lever.running;
    box.querySelector('.lag').textContent = dead ? '' : node.role === 'PRIMARY' ? 'Takes every write.'
      : node.lagMillis === null ? 'How far it is behind is not known.'
        : `${(node.lagMillis / 1000).toFixed(1)} s behind the primary`;
    if (draw || dead || node.role === 'PRIMARY') {
      box.querySelector('.chart').replaceChildren(...(node.role === 'REPLICA' && !dead
        ? [chart(points), element('span', `the last 30 seconds, the top is ${(top(points) / 1000).toFixed(0)} s`, 'mark')] : []));
    }
    const cause = node.state === 'ONLINE' || dead || node.lever && node.lever.frozen ? '' : node.cause || '';
    box.querySelector('.cause').textContent = cause;
    showLevers(box, node);
  }
  byId('decisions').replaceChildren(...next.decisions.map(({ node, reason }) => {
    const item = element('li');
    item.append(nodeName(node), `: ${reasonOf(reason)} `, element('span', reason, 'mark'));
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
    if (!articles.childElementCount) showArticles();
    showCluster(JSON.parse(event.data));
  };
  events.onerror = () => {
    away = true;
    byId('away').hidden = false;
    byId('away').textContent = restarting ? 'The newsroom starts again with the new setting, which takes a few seconds…'
      : 'The newsroom does not answer. This page goes on by itself as soon as it is back.';
    events.close();
    setTimeout(listen, 1000);
  };
}

async function seeOwnWrites(mode) {
  if (cluster.levers.mode === mode) return;
  const consequence = byId('consequence');
  consequence.textContent = 'The newsroom starts again with this setting, which takes a few seconds…';
  restarting = true;
  try {
    await post(`read-your-writes?mode=${mode}`);
    await backWith(mode);
  } finally {
    restarting = false;
  }
  consequence.textContent = consequences[mode];
}

const consequences = {
  off: 'After a change of yours you may be served by a replica that does not have it yet.',
  time: 'After a change of yours the primary serves you for ten seconds.',
  position: 'After a change of yours the primary serves you until a replica has it.'
};

/* Until the newsroom is back and knows how far each replica is, if that runs. */
function backWith(mode) {
  return until(() => !away && cluster.levers.mode === mode && cluster.nodes.length
    && cluster.nodes.every(node => node.lever && !node.lever.running
      || node.state === 'ONLINE' && (node.role === 'PRIMARY' || node.lagMillis !== null)),
  'The newsroom has not come back within two minutes.');
}

const load = (readers, editors) => post(`load?readers=${readers}&editors=${editors}`);

onChoice('readers', readers => load(readers, cluster.load.editors));
onChoice('editors', editors => load(cluster.load.readers, editors));
onChoice('mode', seeOwnWrites);
onChoice('commits', async synchronous => {
  await post(`commits?synchronous=${synchronous}`);
  byId('consequence').textContent = synchronous === 'true'
    ? 'Each change waits for every replica: late replicas make it slow, and a dead one holds it up until it is back.'
    : 'Changes are quick, and replicas follow a moment later.';
});
byId('add').querySelector('button').addEventListener('click', event => busy(event.target, async () => {
  const said = byId('add').querySelector('[role=status]');
  said.textContent = 'The primary is copied…';
  await attempt(() => post('add'));
  said.textContent = '';
}));

/* Stories: a few steps, each with one button and a sentence that says where to look. */

const replicas = () => cluster.nodes.filter(node => node.role === 'REPLICA');
const primary = () => cluster.nodes.find(node => node.role === 'PRIMARY' && node.state === 'ONLINE')
  || cluster.nodes.find(node => node.role === 'PRIMARY');

const delay = seconds => Promise.all(replicas().filter(node => node.lever.running && !node.lever.frozen)
  .map(node => pull(node.name, `delay?seconds=${seconds}`)));
const now = () => new Date().toLocaleTimeString();

/* The comments of the first article, opened and read again. */
async function firstComments() {
  const article = document.querySelector('article');
  const details = article.querySelector('details');
  if (!details.open) {
    details.dataset.told = 'true';
    details.open = true;
  }
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
  const response = await request(`/articles/${id}/headline`, { credentials: 'omit' });
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
    'The replicas have not caught up within two minutes.');
}

async function publish() {
  const { answer, decisions: from } = await call('/articles', { title: `News of ${now()}`, author: 'You', body: 'Published for the story of the message.' });
  articles.prepend(view({ article: answer, from }));
  const letter = () => cluster.letters.find(each => each.articleId === answer.id);
  await until(letter, 'No letter was written within two minutes.');
  const { title, from: read } = letter();
  return [['You published', answer.title], ['The newsletter', title === null ? 'did not find the article: the letter is lost' : `writes about “${title}”`, title !== null, [read]]];
}

/* Reads as another reader does, and says how it went. */
async function visit() {
  const { answer, decisions } = await call('/articles');
  return ['You read', count(answer.length, 'article'), true, decisions];
}

/* The failures among the visits that begin now, once there were enough to judge. */
async function visitsFromNowOn() {
  const { visits, failedVisits } = cluster.load;
  await until(() => cluster.load.visits > visits + 50, 'Readers have not come within two minutes.');
  const failed = cluster.load.failedVisits - failedVisits;
  return [['Visits since then', cluster.load.visits - visits], ['Failed', failed || 'none', !failed]];
}

const serving = (name, role) => until(
  () => cluster.nodes.some(node => node.name === name && node.role === role && node.state === 'ONLINE'),
  `${name} does not serve after two minutes.`);

async function killPrimary() {
  stories.primary.old = primary().name;
  await pull(stories.primary.old, 'kill');
  return [await visit()];
}

async function promote() {
  const { name } = replicas().find(node => node.state === 'ONLINE');
  await pull(name, 'promote');
  await serving(name, 'PRIMARY');
  return [['The primary is now', name, true]];
}

/* Replicas that are late when the newsroom starts serve nobody: it cannot know how late they are. */
async function switchOn() {
  await caughtUp();
  await seeOwnWrites('position');
}

const off = ['Switch read-your-writes off', 'The newsroom has started again without read-your-writes: nothing looks after what has just been written.', () => seeOwnWrites('off')];
const on = ['Switch read-your-writes on', 'The newsroom has started again with read-your-writes, as it is by default.', switchOn];
const onAndHold = ['Switch read-your-writes on', 'The newsroom has started again with read-your-writes, as it is by default. The replicas are held back as before.',
  async () => { await switchOn(); return delay(15); }];
const hold = ['Hold the replicas back', 'All replicas show changes 15 seconds late from now on, as under heavy load.', () => delay(15)];
const release = ['Let the replicas go', 'They show changes at once again. That was all.', () => delay(0)];
const promise = 'Read-your-writes is the promise of the library that you never miss your own changes. First see it switched off.';

/* Each step: its button, the sentence after it, and an action, which may return what is to be seen. */
const stories = {
  comment: {
    title: 'The vanishing comment',
    intro: `You comment, reload, and your comment is gone. See it happen, and then see it not happen. ${promise}`,
    steps: [off, hold,
      ['Write a comment', 'A replica served you, and it does not have your comment yet. You would write it again.', writeComment],
      onAndHold,
      ['Comment again', 'Now you were served by the primary, because no replica has your change. Everybody else goes on reading from the replicas.', writeComment],
      release]
  },
  replica: {
    title: 'A replica dies',
    intro: 'Readers come all the time. One server that serves them goes away.',
    steps: [
      ['Let readers come', 'Readers open the front page all the time. All replicas serve them.', async () => { await load(2, 0); return visitsFromNowOn(); }],
      ['Kill one replica', 'It is gone, and nobody notices: the others serve everybody.', async () => {
        stories.replica.gone = replicas().find(node => node.state === 'ONLINE').name;
        await pull(stories.replica.gone, 'kill');
        return visitsFromNowOn();
      }],
      ['Bring it back', 'It serves its share again.', async () => {
        await pull(stories.replica.gone, 'start');
        await serving(stories.replica.gone, 'REPLICA');
        return visitsFromNowOn();
      }],
      ['Send the readers away', 'That was all.', () => load(0, 0)]
    ]
  },
  primary: {
    title: 'The primary dies',
    intro: 'The only server that takes changes goes away.',
    steps: [
      ['Kill the primary', 'Nobody can write now: a change waits until there is a primary again. Reading goes on.', killPrimary],
      ['Make a replica the primary', 'The application follows by itself. (A server keeps its name. Who becomes the primary is for you or a tool such as Patroni to decide.)', promote],
      ['Write a comment', 'Writes are back, and the application was not started again.', writeComment],
      ['Bring the old primary back', 'It has returned as a replica of the new primary, and serves reads.', async () => {
        await pull(stories.primary.old, 'start');
        await serving(stories.primary.old, 'REPLICA');
      }]
    ]
  },
  cache: {
    title: 'The cache that keeps the past',
    intro: `Headlines are kept in a cache, in the memory of the newsroom. A change throws the old one out, and the next reader fills the cache again. ${promise}`,
    steps: [off, hold,
      ['Change a headline', 'The next reader came at once, was served by a replica that has only the old headline, and put that into the cache, for everybody.', changeHeadline],
      ['Wait until the replicas have it', 'All servers have your headline now. The cache still has the old one, and keeps it until somebody changes it again.',
        async () => { await caughtUp(); return headline(); }],
      on, hold,
      ['Change it again', 'The next reader was sent to the primary, because no replica has the change that emptied the cache. The new headline is in the cache.', changeHeadline],
      release]
  },
  message: {
    title: 'The message that outruns its data',
    intro: `When an article is published, a message goes to the newsletter. It arrives sooner than the article arrives at the replicas. ${promise}`,
    steps: [off, hold,
      ['Publish an article', 'The message was there at once. The newsletter looked for the article on a replica, which does not have it yet.', publish],
      onAndHold,
      ['Publish again', 'The message names the place of the change in the log of changes. No replica is that far, so the newsletter read from the primary.', publish],
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

/* The cluster before the story that is under way, which has not put everything back yet. */
let before = null;

/* Puts back what the story has changed, and closes it. */
async function leaveStory() {
  if (before) {
    showCluster(await (await request('/cluster')).json());
    for (const { name, role, lever } of cluster.nodes) {
      const was = (before.nodes.find(node => node.name === name) || { lever }).lever;
      if (was.running && !lever.running) await pull(name, 'start');
      else if (role === 'REPLICA' && lever.running && was.delayMillis !== lever.delayMillis) {
        await pull(name, `delay?seconds=${was.delayMillis / 1000}`);
      }
    }
    await load(before.load.readers, before.load.editors);
    await seeOwnWrites(before.levers.mode);
  }
  before = null;
  byId('story').replaceChildren();
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
  close.addEventListener('click', () => busy(close, async () => {
    progress.textContent = 'One moment: all is put back…';
    try {
      await leaveStory();
      document.querySelector(`[data-story="${name}"]`).focus();
    } catch (error) {
      problem.textContent = error.message;
      progress.textContent = '';
    }
  }));
  if (current) {
    const [label, after, action] = current;
    const button = element('button', label, 'next');
    button.type = 'button';
    button.addEventListener('click', () => busy(button, async () => {
      problem.textContent = '';
      progress.textContent = 'One moment…';
      before ||= cluster;
      try {
        const seen = await action();
        if (step + 1 === story.steps.length) before = null;
        if (!box.contains(button)) return;
        tellStory(name, step + 1, after, Array.isArray(seen) && Array.isArray(seen[0]) ? seen : []);
        byId('story').querySelector('button').focus();
      } catch (error) {
        problem.textContent = error.message;
        progress.textContent = `Step ${step + 1} of ${story.steps.length}`;
      }
    }));
    box.append(button, ' ');
  }
  box.append(close);
}

document.querySelectorAll('[data-story]').forEach(button =>
  button.addEventListener('click', () => busy(button, () => attempt(async () => {
    await leaveStory();
    tellStory(button.dataset.story);
    byId('story').querySelector('button').focus();
  }))));

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

/* The articles, unless the database does not answer: then the next event tries again. */
let asked = false;
async function showArticles() {
  if (asked) return;
  asked = true;
  const { answer, decisions: from } = await call('/articles').catch(() => ({ answer: [] }));
  asked = false;
  if (!articles.childElementCount) articles.append(...answer.map(article => view({ article, from })));
}

const hints = () => showHints().catch(() => {});
hints();
setInterval(hints, 5000);
listen();
