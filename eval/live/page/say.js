// How the page speaks of a judgement, as eval/verdict does.

import { words } from './dom.js';

// Of each target: the short name of a row, and how a sentence begins.
const TARGETS = {
  buys: ['buys again', 'Whether they buy again'], purchases: ['purchases', 'Purchases afterwards'], spend: ['spend', 'Spend afterwards'],
  days_to_purchase: ['days to the next', 'Days to the next purchase'], purchase_weekday: ['weekday', 'Weekday of the next purchase'], purchase_hour: ['hour', 'Hour of the next purchase'],
  feast_share: ['feasts', 'Buying for feasts'], next_category: ['category', 'Category of the next purchase'], deal_share: ['offers', 'Buying on offer'], price_tier: ['price tier', 'Price tier'],
  next_channel: ['channel', 'Channel of the next purchase'], responds: ['response', 'Response to messages'], returns: ['returns', 'Returns'],
};
export const brief = (t) => TARGETS[t]?.[0] || words(t);
export const spoken = (t) => TARGETS[t]?.[1] || words(t).replace(/^./, (c) => c.toUpperCase());

export const GOALS = { value: 'value', when: 'when they buy', occasion: 'occasions', what: 'what they buy', price: 'price and offers', channel: 'channel', response: 'response', returns: 'returns' };
export const CLASS = { natural: 'natural groups', reproducible: 'reproducible groups', constructive: 'constructive groups' };
export const MEANS = {
  natural: 'no data without groups look like this, and the segments come back in other samples',
  reproducible: 'the same segments come back in other samples, but the data are no more grouped than a continuum',
  constructive: 'a division of a continuum: other samples would be divided elsewhere',
};

// share writes R² and its like without the leading nought; undefined is a dash.
export function share(v, digits = 2) {
  if (typeof v !== 'number' || !Number.isFinite(v)) return '–';
  if (Math.abs(v) < 0.5 * 10 ** -digits) return '0';
  return v.toFixed(digits).replace(/^(-?)0\./, '$1.').replace('-', '−');
}
export const pvalue = (p) => (p < 0.01 ? share(Math.ceil(p * 1000) / 1000, 3) : p > 0.99 ? '1' : share(p));
export const between = (lo, hi, digits = 2) => (Number.isFinite(lo) && Number.isFinite(hi) ? `${share(lo, digits)} to ${share(hi, digits)}` : '');

// date reads 1998-04-02 as 2 April 1998.
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
export const date = (t) => { const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(t); return m && MONTHS[m[2] - 1] ? `${+m[3]} ${MONTHS[m[2] - 1]} ${m[1]}` : t; };

export const list = (words) => (words.length < 2 ? words.join('') : words.slice(0, -1).join(', ') + ' and ' + words.at(-1));

// waiting says why a study has no judgement (yet).
export const waiting = (st, what) => (st.finished ? `${what} is not known: this study was not judged.` : `${what} is judged once the runs are done.`);
