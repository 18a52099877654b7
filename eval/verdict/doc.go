// Package verdict says in plain words what came out of a study: which segmentation to
// use, what sort of groups it has, what it foretells and what it does not, which
// segments are shaky and who is left out.
//
// One rule, in this order; every step is written into the verdict.
//
//  1. Gates, on the finished run. A segmentation has 2 segments or more, none smaller
//     than 10 customers or 1 % of those clustered, none larger than 95 %, and at least
//     half of the clustered customers in a segment. Baselines never pass.
//  2. The test. The goal names a behaviour after the window (see eval.Targets); the
//     segmentations that pass the gates are compared by how well they foretell it on
//     customers they were not learned from, at two dates or more. Those that cannot be
//     told from the best (model confidence set of the paired losses) at the latest date,
//     and at the others too where any is left, are tied. Where no behaviour was held out
//     (a plain table), eval.PickRule takes the place of gates and test, and the verdict
//     says so.
//  3. Among the tied, the fewest segments; then the better forecast.
//  4. Stability. The choice is clustered again on halves of the customers; at least half
//     of its customers must be in segments that come back better than random groups of
//     their size. If not, the next of the tied is looked at, up to five of them; if none
//     holds, the first stays and is called constructive.
//
// Three answers to "are there groups": natural, where the structure test rejects every
// null on that feature set and at least three in four customers are in stable segments;
// reproducible, where the same segments come back but a cloud without groups explains
// the data too; constructive otherwise: a division of a continuum, useful for what it
// foretells, and other customers would be divided elsewhere (Dolnicar & Leisch 2010,
// Marketing Letters 21:83–101, doi:10.1007/s11002-009-9083-4). Rules that people state are
// constructive whatever comes back: nobody looked for them in the data.
package verdict
