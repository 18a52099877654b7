// Package ledger keeps studies on disk.
//
// A study is a folder:
//
//	manifest.json        what ran where: tool, Go, data hash, plan hash, seed, start
//	journal.jsonl        one event a line, each with its CRC32C; only ever appended to
//	journal.quarantine   lines that were damaged, kept for people
//	judging.jsonl        while a judgement is unfinished: its refits, draws and halves
//	study.lock           held by the process that writes
//	sets/NAME@SCALE/     a feature set: set.json and arrays as npy
//	runs/ID/             what a finished run leaves: run.json, labels.npy, ...
//	trees/HASH.npy       merge trees in SciPy's layout, shared by the cuts of one tree
//	tables/ figures/ models/ report.html   made from the above
//
// A run is finished when its run_done (or run_failed) line is on the disk; its
// arrays are there before that line is written. Everything else can be lost at any
// moment and the study goes on: lines of an unfinished run are dropped on resume
// and the run is done again, to the same bytes.
package ledger
