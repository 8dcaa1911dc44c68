/* jobs.js - the jobs of the page, and which of them are wanted. */

const page = JSON.parse($('data').textContent);

function readJob(row, index) {
  const request = row.request || {};
  const job = Object.assign({}, row, { index, request });
  job.status = row.state in STATES ? row.state : 'running';
  job.prompt = row.prompt || '';
  job.date = new Date(row.began_at || NaN);
  job.time = job.date.getTime() || 0;
  job.day = job.time ? dayOf(job.date) : '';
  job.outputs = row.outputs || [];
  job.project = request.project || '';
  job.model = row.model || row.resolved_from || '';
  /* As one would ask for it: "flux", not "fal-ai/flux/dev". */
  job.name = row.resolved_from || row.model || row.provider || 'no model';
  job.kind = (job.outputs[0] || {}).kind || '';
  job.words = [job.prompt, row.provider, row.model, row.resolved_from, row.id,
    row.message, request.tag, request.user, request.project]
    .concat(job.outputs.map((o) => o.name))
    .filter(Boolean).join('\n').toLowerCase();
  return job;
}

const jobs = page.jobs.map(readJob);
const byId = new Map(jobs.map((job) => [job.id, job]));

const ORDERS = {
  'newest': ['newest first', (a, b) => b.time - a.time],
  'oldest': ['oldest first', (a, b) => a.time - b.time],
  'dearest': ['cost, high to low', (a, b) => byNumber(b.cost_usd, a.cost_usd)],
  'cheapest': ['cost, low to high', (a, b) => byNumber(a.cost_usd, b.cost_usd, true)],
  'slowest': ['time, long to short', (a, b) => byNumber(b.took_ms, a.took_ms)],
  'fastest': ['time, short to long', (a, b) => byNumber(a.took_ms, b.took_ms, true)],
  'model': ['model', (a, b) => a.name.localeCompare(b.name)],
};

/* The unknown comes last, whichever way. */
function byNumber(a, b, up) {
  const last = up ? Infinity : -Infinity;
  const x = typeof a === 'number' ? a : last, y = typeof b === 'number' ? b : last;
  return x === y ? 0 : x - y;
}

/* The fields of the filter that choose by one value. */
const CHOICES = {
  provider: ['All providers', (job) => job.provider],
  model: ['All models', (job) => job.model],
  status: ['Any status', (job) => job.status, (value) => STATES[value]],
  kind: ['Any kind', (job) => job.kind],
  project: ['All projects', (job) => job.project],
};

function fillChoices() {
  for (const [name, [all, of, words]] of Object.entries(CHOICES)) {
    const counts = new Map();
    for (const job of jobs)
      if (of(job))
        counts.set(of(job), (counts.get(of(job)) || 0) + 1);
    const values = Array.from(counts.keys()).sort((a, b) => a.localeCompare(b));
    const select = $('f-' + name);
    select.replaceChildren(el('option', { value: '' }, all),
      ...values.map((v) => el('option', { value: v },
        (words ? words(v) : v) + ' (' + counts.get(v) + ')')));
    /* One value is no choice. */
    select.parentElement.hidden = values.length < 2 && counts.size < 2 &&
      (values.length === 0 || counts.get(values[0]) === jobs.length);
  }
  $('f-sort').replaceChildren(...Object.entries(ORDERS).map(
    ([value, [words]]) => el('option', { value }, words)));
}

function wantedJobs() {
  const words = $('f-text').value.toLowerCase().split(/\s+/).filter(Boolean);
  const from = $('f-from').value, to = $('f-to').value;
  const chosen = Object.entries(CHOICES)
    .map(([name, [, of]]) => [$('f-' + name).value, of]).filter(([value]) => value);
  return jobs.filter((job) =>
    words.every((word) => job.words.includes(word)) &&
    chosen.every(([value, of]) => of(job) === value) &&
    (!from || job.day >= from) && (!to || job.day <= to && job.day))
    .sort((ORDERS[$('f-sort').value] || ORDERS.newest)[1]);
}

/* Marks what is set, so that nobody looks for pictures that a forgotten filter
 * hides. */
function countFilters() {
  let n = 0;
  for (const field of $('filters').querySelectorAll('input, select')) {
    const set = field.id !== 'f-sort' && field.value !== '';
    field.classList.toggle('set', set);
    n += set && field.id !== 'f-text' ? 1 : 0;
  }
  $('filter-count').textContent = n || '';
  $('clear').hidden = n === 0 && $('f-text').value === '';
}

/* Millionths are as fine as prices are. */
function costOf(total) {
  return (total.atLeast ? 'at least ' : '') +
    money(Math.round(total.usd * 1e6) / 1e6, total.estimated);
}

/* Cost of all, and whether more may come to it. */
function totalOf(list) {
  const total = { usd: 0, estimated: false, atLeast: false, files: 0 };
  for (const job of list) {
    total.files += job.outputs.length;
    if (job.status !== 'maybe-charged' && costWords(job) === '')
      continue;
    if (job.status === 'maybe-charged' || typeof job.cost_usd !== 'number') {
      total.atLeast = true;
      continue;
    }
    total.usd += job.cost_usd;
    total.estimated = total.estimated || job.cost_estimated === true;
  }
  return total;
}
