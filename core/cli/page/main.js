/* main.js - what the address, the keys and the fields do.
 *
 * The part behind # says what is shown: nothing (the sheet), #compare,
 * #compare=ID (the prompt of that job alone), #job=ID. */

const NEAR = 1500; /* pixels below what is seen */
const view = { list: [], groups: [], last: '' };

function summaryOf(list) {
  const total = totalOf(list);
  const parts = [el('b', {}, list.length === jobs.length ? plural(jobs.length, 'job')
    : list.length.toLocaleString() + ' of ' + plural(jobs.length, 'job'))];
  parts.push(', ' + plural(total.files, 'file') + ', ');
  parts.push(el('b', {}, costOf(total)));
  return parts;
}

function showEmpty(groups) {
  const nothing = groups ? view.groups.length === 0 : view.list.length === 0;
  $('empty').hidden = !nothing;
  if (!nothing)
    return;
  if (jobs.length === 0)
    $('empty').replaceChildren(el('strong', {}, 'Nothing was made yet'),
      'Make something, then write this page again: ',
      el('code', {}, 'gamut -p "a neon fox"'));
  else if (groups && view.list.length === jobs.length)
    $('empty').replaceChildren(el('strong', {}, 'Nothing to compare'),
      'No prompt was given to two models: ',
      el('code', {}, 'gamut compare -p "a neon fox" -m flux -m imagen -o foxes'));
  else
    $('empty').replaceChildren(el('strong', {}, 'Nothing matches'),
      'Change the filters, or clear them.');
}

function route() {
  const [, what, id] = /^#(job|compare)?(?:=(.*))?$/.exec(location.hash) || [];
  return { what, job: id && byId.get(decodeURIComponent(id)) };
}

function show() {
  const at = route();
  if (at.what === 'job' && at.job) {
    detail.open(at.job, view.list);
    return;
  }
  const comparing = at.what === 'compare';
  detail.close();
  view.last = location.hash;
  $('sheet').hidden = comparing;
  $('groups').hidden = !comparing;
  $('view-sheet').setAttribute('aria-pressed', String(!comparing));
  $('view-compare').setAttribute('aria-pressed', String(comparing));
  if (comparing)
    showGroups(at.job ? view.groups.filter((g) => g.prompt === at.job.prompt) : view.groups);
  showEmpty(comparing);
}

function filter() {
  const order = $('f-sort').value;
  view.list = wantedJobs();
  view.groups = groupsOf(view.list);
  $('compare-count').textContent = view.groups.length || '';
  $('summary').replaceChildren(...summaryOf(view.list));
  countFilters();
  sheet.show(view.list, order === 'newest' || order === 'oldest');
  show();
}

/* Back to where the job was opened from, and to its card. */
function leave() {
  const id = detail.job && detail.job.id;
  location.replace(view.last || '#');
  show();
  const card = id && Array.from(document.querySelectorAll('.card'))
    .find((c) => c.hash === '#job=' + encodeURIComponent(id) && c.offsetParent);
  if (card)
    card.focus();
}

function move(event) {
  const from = document.activeElement.closest && document.activeElement.closest('#sheet .card');
  if ($('sheet').hidden || (!from && document.activeElement !== document.body &&
    document.activeElement !== $('sheet')))
    return;
  const to = sheet.step(event.key, from);
  if (to) {
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: 'nearest' });
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey)
    return;
  const open = $('detail').open;
  const typing = event.target.closest && event.target.closest('input, select, video, audio');
  if (event.key === 'Escape' && event.target === $('f-text')) {
    $('f-text').value = '';
    filter();
    $('f-text').blur();
  } else if (typing) {
    return;
  } else if (open && (event.key === 'ArrowRight' || event.key === 'ArrowLeft')) {
    event.preventDefault();
    detail.next(event.key === 'ArrowRight' ? 1 : -1);
  } else if (open) {
    return;
  } else if (event.key === '/') {
    event.preventDefault();
    $('f-text').focus();
  } else if (event.key === 'c') {
    location.hash = $('groups').hidden ? 'compare' : '';
  } else if (event.key.startsWith('Arrow')) {
    move(event);
  }
}

/* Cards until the end of the page is well out of sight. */
function fill() {
  const foot = document.querySelector('footer');
  while (sheet.shown < sheet.list.length && !$('sheet').hidden &&
    foot.getBoundingClientRect().top < innerHeight + NEAR)
    sheet.more();
}

function begin() {
  fillChoices();
  $('filters').hidden = jobs.length === 0;
  document.title = page.title;
  $('made').textContent = 'Made by gamut ' + page.version + ', ' +
    wholeTime.format(new Date(page.made_at));
  $('filters').addEventListener('input', filter);
  $('filters').addEventListener('submit', (event) => event.preventDefault());
  $('filters').addEventListener('reset', () => setTimeout(filter));
  $('more').addEventListener('click', () => {
    const open = $('fields').classList.toggle('open');
    $('more').setAttribute('aria-expanded', String(open));
  });
  $('view-sheet').addEventListener('click', () => { location.hash = ''; });
  $('view-compare').addEventListener('click', () => { location.hash = 'compare'; });
  $('detail').addEventListener('cancel', (event) => { event.preventDefault(); leave(); });
  $('detail').addEventListener('click', (event) => {
    if (event.target === $('detail'))
      leave();
  });
  addEventListener('hashchange', show);
  addEventListener('keydown', onKey);
  addEventListener('scroll', fill, { passive: true });
  addEventListener('resize', fill);
  if (page.compare && !location.hash)
    history.replaceState(null, '', '#compare');
  filter();
}

begin();
