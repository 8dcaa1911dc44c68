/* sheet.js - the contact sheet: cards in rows, day by day. */

const AT_ONCE = 120; /* cards; more as one scrolls near the end */
const still = matchMedia('(prefers-reduced-motion: reduce)');

function altOf(job, i) {
  const which = job.outputs.length > 1 ? ' ' + (i + 1) + ' of ' + job.outputs.length : '';
  const kind = { video: 'Video', audio: 'Sound' }[job.outputs[i].kind] || 'Picture';
  return kind + which + ': ' + cut(job.prompt || 'no prompt', 120);
}

/* Why there is nothing to see. */
function placeholder(job, output) {
  let why = job.message || '';
  if (output)
    why = [output.name, output.mime, bytes(output.size)].filter(Boolean).join(', ');
  const title = !output ? stateMark(job)
    : el('span', { class: 'state s-cancelled' },
      output.kind === 'audio' && output.file ? 'sound' : 'the file is not here');
  return el('div', { class: 'none' }, title,
    why && el('span', { class: 'why', dir: 'auto' }, cut(why, 200)));
}

function videoOf(job, i, attributes) {
  return el('video', Object.assign({
    src: job.outputs[i].file + '#t=0.1', muted: true, playsInline: true,
    preload: 'metadata', 'aria-label': altOf(job, i),
  }, attributes));
}

/* A file that the browser cannot show says so instead of a broken picture. */
function orPlaceholder(e, job, output) {
  e.addEventListener('error', () => e.replaceWith(placeholder(job, output)), { once: true });
  return e;
}

function pictureOf(job, i) {
  const output = job.outputs[i];
  if (!output || !output.file || output.kind === 'audio')
    return placeholder(job, output);
  if (output.kind === 'video')
    return orPlaceholder(videoOf(job, i, { loop: true }), job, output);
  return orPlaceholder(el('img', {
    src: output.file, alt: altOf(job, i), loading: 'lazy', decoding: 'async',
    width: output.width, height: output.height,
  }), job, output);
}

function tagsOf(job) {
  const first = job.outputs[0];
  const tags = [];
  if (first && first.kind === 'video')
    tags.push('\u25b6 ' + (first.duration_ms ? seconds(first.duration_ms) : 'video'));
  if (first && first.kind === 'audio')
    tags.push('\u266a sound');
  if (job.outputs.length > 1)
    tags.push('\u00d7 ' + job.outputs.length);
  if (job.withheld)
    tags.push(job.withheld + ' withheld');
  return tags.length
    ? el('span', { class: 'tags' }, tags.map((t) => el('span', { class: 'tag' }, t))) : null;
}

function shapeOf(job) {
  const first = job.outputs[0] || {};
  const shape = first.width && first.height ? first.width / first.height : 4 / 3;
  return Math.min(Math.max(shape, 0.6), 2.4);
}

/* Moves while it is looked at. */
function playOnHover(card) {
  const video = () => card.querySelector('video');
  const play = () => { if (!still.matches && video()) video().play().catch(() => {}); };
  const stop = () => { if (video()) video().pause(); };
  card.addEventListener('pointerenter', play);
  card.addEventListener('pointerleave', stop);
  card.addEventListener('focus', play);
  card.addEventListener('blur', stop);
}

function cardOf(job) {
  const failed = job.status !== 'completed';
  const card = el('a', { class: 'card', href: '#job=' + encodeURIComponent(job.id) },
    el('div', { class: 'frame' }, pictureOf(job, 0), tagsOf(job)),
    el('p', { class: job.prompt ? 'says' : 'says nothing', dir: 'auto' },
      cut(job.prompt, 220) || 'no prompt'),
    el('p', { class: 'meta' },
      failed && job.outputs.length > 0 && stateMark(job),
      el('span', { class: 'model', title: (job.provider || '') + ':' + job.model }, job.name),
      el('span', { class: 'cost' }, costWords(job)),
      el('span', {}, seconds(job.took_ms))));
  const li = el('li', { 'data-id': job.id }, card);
  li.style.setProperty('--shape', shapeOf(job));
  if (job.kind === 'video')
    playOnHover(card);
  return li;
}

/* What failed costs nothing, unless the vendor says so: no word of a price that
 * was only expected. */
function costWords(job) {
  if (job.status === 'maybe-charged')
    return 'maybe ' + money(job.cost_usd, true);
  if (job.cache_hit)
    return 'from the cache';
  if (job.status === 'completed' || (job.cost_usd && !job.cost_estimated))
    return money(job.cost_usd, job.cost_estimated);
  return '';
}

const sheet = {
  list: [], shown: 0, cards: null, day: null,

  show(list, byDay) {
    this.list = list;
    this.shown = 0;
    this.byDay = byDay;
    this.day = this.cards = null;
    $('sheet').replaceChildren();
    this.more();
  },

  /* A heading a day, when they are in order of time. */
  place(job) {
    const day = this.byDay ? job.day : '';
    if (!this.cards || day !== this.day) {
      this.day = day;
      this.cards = el('ul', { class: 'cards' });
      if (this.byDay)
        $('sheet').append(this.heading(job));
      $('sheet').append(this.cards);
    }
    this.cards.append(cardOf(job));
  },

  heading(job) {
    const same = this.list.filter((other) => other.day === job.day);
    const total = totalOf(same);
    return el('h2', { class: 'day' }, job.time ? dayName.format(job.date) : 'No date',
      el('small', {}, plural(same.length, 'job') +
        (total.usd ? ', ' + costOf(total) : '')));
  },

  more() {
    const end = Math.min(this.list.length, this.shown + AT_ONCE);
    while (this.shown < end)
      this.place(this.list[this.shown++]);
  },

  /* The arrows go where one sees them go. */
  step(key, from) {
    const all = Array.from($('sheet').querySelectorAll('.card'));
    const at = all.indexOf(from);
    if (at < 0)
      return all[0];
    if (key === 'ArrowRight' || key === 'ArrowLeft')
      return all[at + (key === 'ArrowRight' ? 1 : -1)];
    const box = from.getBoundingClientRect(), down = key === 'ArrowDown';
    const middle = box.left + box.width / 2;
    let best = null, distance = Infinity;
    for (const card of all) {
      const b = card.getBoundingClientRect();
      const rows = down ? b.top - box.top : box.top - b.top;
      if (rows < 8)
        continue;
      const d = rows * 10 + Math.abs(b.left + b.width / 2 - middle);
      if (d < distance)
        [best, distance] = [card, d];
    }
    return best;
  },
};
