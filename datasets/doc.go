// Package datasets holds event logs: who did what, when.
//
// A Log is a sequence of shards; a shard (Events) holds whole customers in
// customer order, as columns, with text coded through the log's dictionary.
// Extractors never see a log: they see one History at a time. Everything that
// depends on a date (which returns cancel a purchase, who belongs to the
// population, what an item usually costs) is a function of the end of the
// window, so a log cut at t1 and a file cut at t1 give the same bytes.
//
// The catalogue (Sources, Lookup) names data sets: files with their mapping and
// licence, which package load reads, and generators, which make themselves.
// `ls datasets` is the catalogue. Nothing here needs cgo.
package datasets

import _ "time/tzdata" // zones, also on machines without a zone database
