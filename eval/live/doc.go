// Package live shows studies in a browser while they run, and afterwards exactly
// as they looked then: journal -> websocket -> page.
//
// A feed follows one study's journal and numbers what it hands on; a client is
// one browser tab, with a goroutine that reads and one that writes. The writer
// pulls from the feed at the pace its browser takes, so a slow tab costs nobody
// anything: who falls too far behind is given a fresh snapshot. Arrays (points,
// labels, silhouettes, columns) travel as binary frames or under /blob/ by the
// SHA-256 of their bytes. The page is embedded: hand-written ES modules, one
// style sheet, nothing from elsewhere.
//
// The socket speaks the sub-protocol mores.v1 (message.go and frame.go list it).
// Nobody but the holder of the printed address gets in (guard.go).
package live
