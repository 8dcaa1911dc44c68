/* compare.js - one prompt over several models, side by side. */

/* Prompts that more than one model was asked, the latest first; of each model
 * its latest job.  A page of `gamut compare` is one comparison, of all its
 * jobs. */
function groupsOf(list) {
  const groups = new Map();
  for (const job of list) {
    if (!job.prompt && !page.compare)
      continue;
    if (!groups.has(job.prompt))
      groups.set(job.prompt, { prompt: job.prompt, lanes: new Map(), time: 0 });
    const group = groups.get(job.prompt);
    const name = page.compare ? job.id : (job.provider || '') + ':' + job.model;
    const known = group.lanes.get(name);
    if (!known || known.time < job.time)
      group.lanes.set(name, job);
    group.time = Math.max(group.time, job.time);
  }
  return Array.from(groups.values()).filter((group) => group.lanes.size > 1)
    .sort((a, b) => b.time - a.time);
}

/* The lane with the least of it, when two at least can be told apart. */
function leastOf(lanes, member) {
  const known = lanes.filter((job) => job.status === 'completed' &&
    !job.cache_hit && typeof job[member] === 'number').sort((a, b) => a[member] - b[member]);
  return known.length > 1 && known[0][member] < known[1][member] ? known[0] : null;
}

function laneOf(job, best) {
  const first = job.outputs[0] || {};
  const size = first.width ? first.width + ' \u00d7 ' + first.height : '';
  const pair = (name, value, label) => value
    ? [el('dt', {}, name), el('dd', {}, value, label && el('span', { class: 'best' }, label))]
    : [];
  return el('li', { class: 'lane' },
    el('a', { class: 'card', href: '#job=' + encodeURIComponent(job.id) },
      el('div', { class: 'frame' }, pictureOf(job, 0), tagsOf(job))),
    el('h3', {}, job.name),
    el('dl', {},
      pair('Model', (job.provider || '?') + ':' + job.model),
      job.status !== 'completed' && pair('Status', stateMark(job)),
      pair('Cost', costWords(job), best.cost === job && 'cheapest'),
      pair('Time', seconds(job.took_ms), best.time === job && 'fastest'),
      pair('Size', [size, bytes(first.size)].filter(Boolean).join(', '))));
}

function groupOf(group) {
  const lanes = Array.from(group.lanes.values())
    .sort((a, b) => page.compare ? a.index - b.index : a.time - b.time);
  const best = { cost: leastOf(lanes, 'cost_usd'), time: leastOf(lanes, 'took_ms') };
  const list = el('ol', { class: lanes.length <= 4 ? 'lanes few' : 'lanes' },
    lanes.map((job) => laneOf(job, best)));
  const total = totalOf(lanes);
  list.style.setProperty('--lanes', lanes.length);
  /* All frames are as tall as the tallest picture wants. */
  list.style.setProperty('--tallest', Math.min(...lanes.filter(
    (job) => job.outputs.length).map(shapeOf).concat(1.6)));
  return el('article', { class: 'group' },
    el('h2', { dir: 'auto' }, cut(group.prompt, 600) || 'No prompt'),
    el('p', {}, plural(lanes.length, page.compare ? 'job' : 'model') + ', ' +
      costOf(total) + ', ' + wholeTime.format(new Date(group.time))),
    list);
}

function showGroups(groups) {
  $('groups').replaceChildren(...groups.slice(0, AT_ONCE).map(groupOf));
}
