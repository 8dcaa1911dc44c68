'use strict';
/* base.js - elements and numbers.  Text from outside becomes text nodes only:
 * nothing here or elsewhere makes markup out of strings. */

const $ = (id) => document.getElementById(id);

/* el('a', { class: 'x', href: '#' }, 'text', child ...); what is null or false
 * is left out. */
function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false)
      continue;
    if (key === 'on')
      for (const [event, fn] of Object.entries(value))
        e.addEventListener(event, fn);
    else if (key in { muted: 1, loop: 1, playsInline: 1 })
      e[key] = value;
    else
      e.setAttribute(key, value === true ? '' : value);
  }
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

/* The first letters: a title of 30,000 would only slow the page down. */
function cut(text, max) {
  const letters = Array.from(text.slice(0, max * 2));
  return letters.length > max || text.length > max * 2
    ? letters.slice(0, max).join('') + '\u2026' : text;
}

/* What is not known is not zero. */
function money(usd, estimated) {
  if (typeof usd !== 'number')
    return 'cost unknown';
  let digits = usd.toFixed(6).replace(/0+$/, '');
  const cents = digits.length - digits.indexOf('.') - 1;
  if (cents < 2)
    digits += '0'.repeat(2 - cents);
  return (estimated ? '~$' : '$') + digits;
}

function seconds(ms) {
  if (typeof ms !== 'number')
    return '';
  if (ms < 60000)
    return (ms / 1000).toFixed(1) + ' s';
  return Math.floor(ms / 60000) + ' min ' + Math.round(ms % 60000 / 1000) + ' s';
}

function bytes(n) {
  if (typeof n !== 'number')
    return '';
  if (n < 1024)
    return n + ' bytes';
  if (n < 1048576)
    return Math.round(n / 1024) + ' KiB';
  return (n / 1048576).toFixed(1) + ' MiB';
}

const wholeTime = new Intl.DateTimeFormat(undefined,
  { dateStyle: 'medium', timeStyle: 'medium' });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const dayName = new Intl.DateTimeFormat(undefined,
  { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/* "2026-11-28" where the reader is. */
function dayOf(date) {
  const two = (n) => String(n).padStart(2, '0');
  return date.getFullYear() + '-' + two(date.getMonth() + 1) + '-' + two(date.getDate());
}

function plural(n, word) {
  return n.toLocaleString() + ' ' + word + (n === 1 ? '' : 's');
}

const STATES = {
  'completed': 'completed',
  'failed': 'failed',
  'blocked': 'blocked',
  'maybe-charged': 'maybe charged',
  'cancelled': 'cancelled',
  'running': 'under way',
};

function stateMark(job) {
  return el('span', { class: 'state s-' + job.status }, STATES[job.status]);
}
