// How the page speaks.

import { num, pct, words, DASH } from '/page/dom.js';

// Counts of two places beside each other: with a sign, a true minus, nothing for none.
export const signed = (n) => (n > 0 ? '+' + n.toLocaleString('en') : n < 0 ? '−' + (-n).toLocaleString('en') : '0');

// perSecond says a rate.
export function perSecond(v) {
  if (v === undefined || !Number.isFinite(v)) return DASH;
  return (v >= 10 ? Math.round(v).toLocaleString('en') : v > 0 && v < 0.05 ? '< 0.1' : v.toFixed(1).replace(/\.0$/, '')) + ' /s';
}

// Formats are made once: making one costs more than a row of the list.
let zone, clocks, days;
export function inZone(name) {
  if (name === zone) return;
  zone = name;
  const of = (o) => {
    try {
      return new Intl.DateTimeFormat('en-GB', { timeZone: name, ...o });
    } catch {
      return new Intl.DateTimeFormat('en-GB', o); // this browser does not know the zone: its own
    }
  };
  clocks = of({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  days = of({ day: 'numeric', month: 'short', year: 'numeric' });
}
inZone('UTC');
export const clock = (d) => clocks.format(d);
export const day = (d) => days.format(d);
// when is the time of a day that is today, and the date of another.
export const when = (d) => (day(d) === day(new Date()) ? clock(d) : day(d));
export const full = (d) => day(d) + ', ' + clock(d);

// span says how long, roughly.
export function span(sec) {
  if (sec < 90) return Math.round(sec) + ' s';
  if (sec < 5400) return Math.round(sec / 60) + ' min';
  return sec < 129600 ? Math.round(sec / 3600) + ' h' : Math.round(sec / 86400) + ' days';
}

const UNITS = { money: '', count: '', days: ' days', hours: ' h', seconds: ' s', '1/day': ' a day' };
export const amount = (v, unit) => (v === null || v === undefined ? DASH : unit === 'share' ? pct(v) : num(v) + (v === 1 && unit === 'days' ? ' day' : UNITS[unit] ?? (unit ? ' ' + unit : '')));

const and = (list) => (list.length < 2 ? list.join('') : list.slice(0, -1).join(', ') + ' and ' + list.at(-1));

// waited: days without a contact did it: recency grew, or who led went on leading. A contact
// may have brought it to light.
const waited = (u) => u.at / 1000 === Date.parse(u.as_of) || Math.floor(u.at / 1000) !== Date.parse(u.since);

// why says in a few words what made a customer change; card is a study.Card, or null
// while it is not known.
export function why(c, card) {
  const { u } = c;
  if (!u.since) return u.reason || 'no label any more';
  const before = u.predicted !== u.label; // this contact speaks for another already
  const top = before ? [] : (card?.columns || []).filter((x) => x.pull > 0.1).sort((a, b) => b.pull - a.pull).slice(0, 2).map((x) => `${words(x.column)} ${amount(x.value, x.unit)}`);
  const by = c.from === '' ? 'first label' : before ? 'as days passed, before this contact' : waited(u) ? 'as days passed' : 'after a contact';
  const said = [by + (top.length ? ': ' + and(top) : '')];
  if (u.share !== null) said.push('share ' + pct(u.share));
  if (u.outside?.length) said.push('beyond the training range in ' + and(u.outside.map(words)));
  return said.join(' · ').replaceAll(' %', '\u00a0%');
}
