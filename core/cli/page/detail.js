/* detail.js - one job, whole: its files and all that is known of it. */

const ASKED = {
  operation: 'Operation', aspect_ratio: 'Aspect ratio', resolution: 'Resolution',
  n: 'Count', negative_prompt: 'Negative', guidance: 'Guidance', steps: 'Steps',
  strength: 'Strength', quality: 'Quality', format: 'Format', style: 'Style',
  background: 'Background', duration: 'Duration', fps: 'Frames a second',
  audio: 'Sound', user: 'User', project: 'Project', tag: 'Tag',
};

function factList(pairs) {
  const list = el('dl', {});
  for (const [name, value, kind] of pairs)
    if (value !== undefined && value !== null && value !== '')
      list.append(el('dt', {}, name), el('dd', { class: kind, dir: 'auto' },
        value instanceof Node ? value : String(value)));
  return list;
}

function valueWords(value) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function askedFacts(job) {
  const asked = job.request;
  const pairs = [];
  if (asked.width && asked.height)
    pairs.push(['Size', asked.width + ' \u00d7 ' + asked.height]);
  for (const [key, value] of Object.entries(asked))
    if (!(key in { prompt: 1, width: 1, height: 1 }))
      pairs.push([ASKED[key] || key, cut(valueWords(value), 300)]);
  return pairs;
}

function jobFacts(job) {
  const cost = costWords(job);
  return [
    ['Status', stateMark(job)],
    ['Settled', job.settled],
    ['Model', job.model],
    ['Asked as', job.resolved_from !== job.model && job.resolved_from],
    ['Provider', job.provider],
    ['Cost', cost && cost + (job.cost_estimated ? ' (by the catalog)' : '')],
    ['Time', seconds(job.took_ms)],
    ['Begun', job.time ? wholeTime.format(job.date) : ''],
    ['Withheld', job.withheld],
    ['Job', job.id, 'id'],
  ].map(([name, value, kind]) => [name, value || '', kind]);
}

function fileFacts(output) {
  return [
    ['Name', output.name, 'id'],
    ['Type', output.mime],
    ['Pixels', output.width ? output.width + ' \u00d7 ' + output.height : ''],
    ['Length', seconds(output.duration_ms)],
    ['Size', bytes(output.size)],
  ];
}

async function copyText(button, text) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch (error) {
    button.textContent = 'Not allowed here';
  }
  setTimeout(() => { button.textContent = words; }, 1500);
}

function copier(words, text) {
  return el('button', { type: 'button', class: 'act', on: {
    click: (event) => copyText(event.currentTarget, text) } }, words);
}

const detail = {
  job: null, list: [], at: 0,

  /* `list`: what "next" goes through. */
  open(job, list) {
    const again = $('detail').open;
    this.job = job;
    this.list = list.includes(job) ? list : [job];
    this.at = Math.max(job.outputs.findIndex((o) => o.file), 0);
    this.draw();
    if (!again)
      $('detail').showModal();
    $('detail').querySelector('.close').focus();
  },

  close() {
    $('detail').querySelectorAll('video, audio').forEach((e) => e.pause());
    if ($('detail').open)
      $('detail').close();
  },

  next(step) {
    const job = this.list[this.list.indexOf(this.job) + step];
    if (job)
      location.replace('#job=' + encodeURIComponent(job.id));
  },

  draw() {
    $('detail').replaceChildren(el('div', { class: 'detail' }, this.stage(), this.facts()));
  },

  big() {
    const job = this.job, output = job.outputs[this.at];
    if (!output || !output.file)
      return placeholder(job, output);
    if (output.kind === 'audio')
      return el('audio', { src: output.file, controls: true, 'aria-label': altOf(job, this.at) });
    if (output.kind === 'video')
      return orPlaceholder(videoOf(job, this.at, { controls: true, loop: true }), job, output);
    return orPlaceholder(el('img', { src: output.file, alt: altOf(job, this.at) }), job, output);
  },

  stage() {
    const strip = this.job.outputs.length > 1 && el('div', { class: 'strip' },
      this.job.outputs.map((output, i) => el('button', {
        type: 'button', 'aria-pressed': String(i === this.at),
        'aria-label': 'File ' + (i + 1) + ' of ' + this.job.outputs.length,
        on: { click: () => { this.at = i; this.draw();
          $('detail').querySelectorAll('.strip button')[i].focus(); } },
      }, pictureOf(this.job, i))));
    return el('div', { class: 'stage' }, el('div', { class: 'big' }, this.big()), strip);
  },

  bar() {
    const at = this.list.indexOf(this.job);
    const button = (words, sign, step, off) => el('button', {
      type: 'button', class: 'act', 'aria-label': words, title: words, disabled: off,
      on: { click: () => this.next(step) } }, sign);
    return el('div', { class: 'bar' },
      button('Previous', '\u2190', -1, at <= 0),
      button('Next', '\u2192', 1, at >= this.list.length - 1),
      el('button', { type: 'button', class: 'act close', 'aria-label': 'Close', title: 'Close',
        on: { click: () => leave() } }, '\u2715'));
  },

  facts() {
    const job = this.job, output = job.outputs[this.at];
    const asked = askedFacts(job);
    const told = Object.entries(job.facts || {}).map(([k, v]) => [k.replace(/_/g, ' '),
      cut(valueWords(v), 600)]);
    const rivals = groupsOf(jobs).find((g) => g.prompt === job.prompt);
    return el('div', { class: 'facts' }, this.bar(), el('div', { class: 'scroll', tabindex: '0' },
      el('h2', { id: 'd-title' }, job.name),
      job.prompt && el('p', { class: 'prompt', dir: 'auto' }, job.prompt),
      el('p', { class: 'acts' },
        job.prompt && copier('Copy prompt', job.prompt),
        rivals && el('a', { class: 'act', href: '#compare=' + encodeURIComponent(job.id) },
          'Compare ' + rivals.lanes.size + ' models'),
        /* An SVG opened by itself would be a document that may run things. */
        output && output.file && output.mime !== 'image/svg+xml' &&
          el('a', { class: 'act', href: output.file, target: '_blank', rel: 'noopener' }, 'Open file')),
      job.message && el('div', { class: 'note s-' + job.status },
        el('p', { dir: 'auto' }, cut(job.message, 2000))),
      el('h3', {}, 'Job'), factList(jobFacts(job)),
      output && el('h3', {}, 'File'), output && factList(fileFacts(output)),
      asked.length > 0 && el('h3', {}, 'Asked for'), asked.length > 0 && factList(asked),
      told.length > 0 && el('h3', {}, 'Told by the vendor'), told.length > 0 && factList(told)));
  },
};
