// Package features turns histories into behavioural vectors.
//
// An Extractor gathers a mergeable Summary from histories, learns a Model from
// it, and the model measures one customer at a time. Only summaries merge, so
// the same extractor runs on one machine, on shards, on a distributed engine,
// and on tomorrow's customer. `ls features` is the list of extractors.
//
// Build runs a Recipe over a log and gives a Matrix: customers × features, every
// column with a name, a unit, a sentence, a block and a kind. Transforms map a
// matrix to a matrix and are learned once; a Pipeline keeps models and
// transforms in order, so that new customers get exactly the same treatment.
package features
