/* page_test.js - looks at a page of `gamut history --html` from inside, as a
 * browser shows it.  page.sh puts it before the page's own script, and reads
 * the <pre> that it leaves: a line a check, "ok ..." or "FAIL ...". */
'use strict';
const out = document.createElement('pre');
const accidents = [];
addEventListener('error', (e) => accidents.push('error: ' + (e.message || e.target.src)), true);
addEventListener('unhandledrejection', (e) => accidents.push('rejected: ' + e.reason));
addEventListener('securitypolicyviolation', (e) => accidents.push('policy: ' + e.blockedURI));
window.alert = () => accidents.push('a prompt ran as a script');

const all = (selector) => Array.from(document.querySelectorAll(selector));
const one = (selector) => document.querySelector(selector);
const pause = (ms = 60) => new Promise((done) => setTimeout(done, ms));

function check(name, ok, found) {
  out.textContent += (ok ? 'ok ' : 'FAIL ') + name + (ok ? '' : ': ' + String(found).slice(0, 300)) + '\n';
}

function is(name, found, wanted) {
  check(name, found === wanted, found + ' and not ' + wanted);
}

function key(name, target = document.activeElement) {
  target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
}

async function set(id, value) {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await pause(1);
}

async function go(hash) {
  location.hash = hash;
  await pause();
}

/* All cards, also those that come as one scrolls. */
function cards() {
  for (let n = -1; n !== all('#sheet .card').length;) {
    n = all('#sheet .card').length;
    scrollTo(0, document.body.scrollHeight);
    dispatchEvent(new Event('scroll')); /* its own comes with the next frame */
  }
  scrollTo(0, 0);
  return all('#sheet .card');
}

/* ---- what holds for every page -------------------------------------------- */

function parts(colour) {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return colour.startsWith('color(') ? numbers.slice(-4).map((v, i) => i < 3 ? v * 255 : v) : numbers;
}

function light(colour) {
  const [r, g, b] = parts(colour).map((v) => {
    v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ground(e) {
  for (; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    const [, , , alpha = 1] = parts(colour);
    if (alpha > 0.5)
      return colour;
  }
  return 'rgb(255, 255, 255)';
}

function contrast(e) {
  const a = light(getComputedStyle(e).color), b = light(ground(e));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function checkContrast(where) {
  const texts = all('h1, h2, h3, p, dt, dd, a, button, label span, .state, .why, .tag, .best, kbd, code')
    .filter((e) => e.offsetParent && e.textContent.trim() && !e.disabled);
  for (const e of texts)
    if (contrast(e) < 4.5)
      check('contrast ' + where + ' of ' + e.tagName + '.' + e.className, false, contrast(e).toFixed(2));
  check('contrast ' + where, texts.length > 3, texts.length + ' texts');
}

function nameOf(e) {
  return (e.getAttribute('aria-label') || e.textContent ||
    (e.labels && e.labels[0] && e.labels[0].textContent) || '').trim();
}

function checkNames() {
  const unnamed = all('a, button, input, select, section, nav, form, video, audio')
    .filter((e) => !nameOf(e) && !all('img, [aria-label]').some((i) => e.contains(i)));
  is('everything has a name', unnamed.map((e) => e.outerHTML).join(' '), '');
  is('pictures have texts', all('img').filter((e) => !e.alt).length, 0);
  const ids = all('[id]').map((e) => e.id);
  is('ids are single', ids.length - new Set(ids).size, 0);
  is('one heading for the page', all('h1').length, 1);
}

function checkWidth(where) {
  check('no wider than the window ' + where,
    document.documentElement.scrollWidth <= innerWidth, document.documentElement.scrollWidth);
}

async function checkClosed() {
  const before = accidents.length;
  const refused = await fetch('http://127.0.0.1:9/').then(() => 'it was sent', () => 'refused');
  is('no request leaves', refused, 'refused');
  const image = document.createElement('img');
  image.alt = 'outside';
  document.body.append(image);
  image.src = 'http://127.0.0.1:9/x.png';
  document.body.insertAdjacentHTML('beforeend', '<i onclick="alert(1)"></i>');
  document.body.lastChild.click();
  await pause();
  check('the policy stops them', accidents.slice(before).filter((a) => a.startsWith('policy')).length >= 3,
    accidents.slice(before).join(', '));
  check('and nothing ran', !accidents.includes('a prompt ran as a script'), 'it did');
  document.body.lastChild.remove();
  image.remove();
  accidents.length = before;
}

function checkRequests() {
  const outside = performance.getEntriesByType('resource')
    .filter((r) => !/^(file|data):/.test(r.name) && !r.name.includes('127.0.0.1:9'));
  is('only files were asked for', outside.map((r) => r.name).join(' '), '');
}

/* ---- what is shown --------------------------------------------------------- */

const data = () => JSON.parse(one('#data').textContent);

async function testSheet(jobs) {
  is('a card a job', cards().length, jobs.length);
  check('the count is said', one('#summary').textContent.startsWith(jobs.length.toLocaleString() + ' job'),
    one('#summary').textContent);
  is('scripts', all('script').length, 3);
  const shown = all('#sheet img, #sheet video').map((e) => e.getAttribute('src'));
  is('files', shown.filter((src) => !/^(file:|[^:]*$)/.test(src)).join(' '), '');
  is('nothing in the sheet but what is made for it',
    all('#sheet *').filter((e) => /^(SCRIPT|IFRAME|OBJECT|EMBED|FORM|STYLE|LINK)$/.test(e.tagName)).length, 0);
}

async function testPictures() {
  const images = all('#sheet img');
  images.forEach((e) => { e.loading = 'eager'; });
  for (let i = 0; i < 50 && !images.every((e) => e.complete); i++)
    await pause();
  is('pictures that are not drawn', images.filter((e) => !e.naturalWidth).length, 0);
  check('there are pictures', images.length > 0, 0);
}

async function testPrompts(jobs) {
  const card = (part) => all('#sheet .card').find((c) => c.textContent.includes(part));
  is('markup is text', card('alert(1)').querySelector('.says').textContent.slice(0, 25), '<script>alert(1)</' + 'script>'); /* not an end of ours */
  is('right to left', getComputedStyle(card('\u05e9\u05d5\u05e2\u05dc').querySelector('.says')).direction, 'rtl');
  is('left to right', getComputedStyle(card('neon fox').querySelector('.says')).direction, 'ltr');
  const long = jobs.find((job) => job.prompt.length > 20000);
  check('a long prompt is short in the sheet',
    card(long.prompt.slice(0, 100)).textContent.length < 400, 'it is not');
  const torn = all('#sheet .says, #sheet img').filter((e) =>
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(e.alt || e.textContent));
  is('no character is torn', torn.length, 0);
  await go('job=' + long.id);
  is('and whole in its detail', one('.prompt').textContent, long.prompt);
  checkWidth('with a long prompt');
  await go('');
}

async function testFilters(jobs) {
  await set('f-text', 'NEON fox');
  const found = cards();
  check('words find', found.length > 0 && found.length < jobs.length, found.length);
  is('and only them', found.filter((c) => !/neon/i.test(c.textContent)).length, 0);
  await set('f-text', 'no such thing');
  check('nothing is said to match', one('#empty').offsetParent &&
    one('#empty').textContent.includes('Nothing matches'), one('#empty').textContent);
  one('#clear').click();
  await pause();
  is('cleared', cards().length, jobs.length);
  for (const [field, member] of [['model', 'model'], ['status', 'state']]) {
    const value = jobs.find((job) => job.state === 'blocked')[member];
    await set('f-' + field, value);
    is('by ' + field, cards().length, jobs.filter((job) => job[member] === value).length);
    await set('f-' + field, '');
  }
  await set('f-kind', 'video');
  is('by kind', cards().length,
    jobs.filter((job) => (job.outputs[0] || {}).kind === 'video').length);
  await set('f-kind', '');
  await set('f-project', 'poster');
  is('by project', cards().length, jobs.filter((job) => job.request.project === 'poster').length);
  await set('f-project', '');
  await set('f-to', '2020-01-01');
  is('by date', cards().length, 0);
  await set('f-to', '');
  await set('f-sort', 'cheapest');
  const costs = cards().map((c) => c.querySelector('.cost').textContent)
    .filter((text) => /^~?\$/.test(text)).map((text) => Number(text.replace(/[~$]/g, '')));
  check('sorted by cost', costs.length > 3 && costs.every((c, i) => !i || costs[i - 1] <= c), costs);
  await set('f-sort', 'newest');
}

async function testKeys() {
  one('#sheet .card').focus();
  key('ArrowRight');
  is('right', all('#sheet .card').indexOf(document.activeElement), 1);
  key('ArrowDown');
  const at = all('#sheet .card').indexOf(document.activeElement);
  check('down', at > 1, at);
  key('ArrowUp');
  key('ArrowLeft');
  check('up and left', all('#sheet .card').indexOf(document.activeElement) <= 1, 'elsewhere');
  document.activeElement.blur();
  key('/', document.body);
  is('search', document.activeElement.id, 'f-text');
  document.activeElement.blur();
  key('c', document.body);
  await pause();
  check('compare', one('#groups').offsetParent && !one('#sheet').offsetParent, location.hash);
  key('c', document.body);
  await pause();
  check('and back', one('#sheet').offsetParent, location.hash);
}

async function testDetail(jobs) {
  all('#sheet .card')[1].click();
  await pause();
  check('a card opens', one('#detail').open, location.hash);
  is('the focus is in it', one('#detail').contains(document.activeElement), true);
  const title = one('.prompt').textContent;
  key('ArrowRight');
  await pause();
  check('the next', one('.prompt').textContent !== title, title);
  key('ArrowLeft');
  await pause();
  is('the one before', one('.prompt').textContent, title);
  one('#detail').dispatchEvent(new Event('cancel', { cancelable: true }));
  await pause();
  is('closed', one('#detail').open, false);
  is('the focus is back', all('#sheet .card').indexOf(document.activeElement), 1);
  const many = jobs.find((job) => job.outputs.length > 1);
  await go('job=' + many.id);
  is('all its files', all('.strip button').length, many.outputs.length);
  all('.strip button')[1].click();
  is('the second', one('.big img').getAttribute('src'), many.outputs[1].file);
  checkContrast('of a job');
  checkNames();
  checkWidth('with a job');
  for (const state of ['failed', 'blocked', 'maybe-charged']) {
    await go('job=' + jobs.find((job) => job.state === state).id);
    check(state + ' is said', one('.big .s-' + state), one('.big').textContent);
  }
  check('maybe charged has its price', /maybe ~\$/.test(one('.facts').textContent), one('.facts').textContent);
  const video = jobs.find((job) => (job.outputs[0] || {}).kind === 'video');
  await go('job=' + video.id);
  check('a video has controls', one('.big video[controls]'), one('.big').innerHTML);
  const gone = jobs.find((job) => job.outputs[0] && !job.outputs[0].file);
  await go('job=' + gone.id);
  check('one that is gone is said to be', one('.big').textContent.includes('not here'), one('.big').textContent);
  await go('job=nothing');
  check('an unknown job is the sheet', !one('#detail').open && one('#sheet').offsetParent, location.hash);
}

async function testCompare(jobs) {
  const asked = jobs.find((job) => job.prompt === 'a neon fox');
  await go('compare');
  check('groups', all('.group').length >= 1, all('.group').length);
  await go('compare=' + asked.id);
  is('one group', all('.group').length, 1);
  is('a lane a model', all('.lane').length,
    new Set(jobs.filter((job) => job.prompt === asked.prompt).map((job) => job.model)).size);
  is('the cheapest', all('.best').filter((e) => e.textContent === 'cheapest').length, 1);
  checkContrast('of the comparison');
  checkNames();
  checkWidth('comparing');
  await go('');
}

async function run() {
  const { jobs } = data();
  const mixed = jobs.some((job) => job.request && job.request.project === 'poster');
  await pause(200);
  if (jobs.length === 0)
    check('nothing is said to be there', one('#empty').offsetParent, 'it is not');
  else
    await testSheet(jobs);
  checkContrast('of the page');
  checkNames();
  checkWidth('at first');
  if (mixed)
    for (const test of [testPictures, testPrompts, testFilters, testKeys, testDetail, testCompare])
      await test(jobs);
  checkRequests();
  await checkClosed();
  is('nothing went wrong', accidents.join('; '), '');
}

addEventListener('load', () => {
  out.id = 'selftest';
  out.textContent = '\n';
  document.body.append(out);
  run().catch((e) => check('the test ran', false, e.stack)).then(() => {
    out.textContent += 'end\n';
  });
});
