package live

import (
	"encoding/json"
	"fmt"

	"github.com/mores-lab/mores/eval/study"
)

const partBytes = 1 << 20 // of a snapshot's frame

// snapshot returns the parts of the state as it is, and its number.
func (f *feed) snapshot() ([][]byte, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.snap == nil || f.snapSeq != f.state.Seq {
		f.snap, f.snapSeq = makeSnapshot(f.name, f.state.Seq, compact(f.lines)), f.state.Seq
	}
	return f.snap, f.snapSeq
}

// compact drops what a later line undoes: what is left folds to the same state.
func compact(lines []line) []study.Event {
	start := map[string]int{} // run -> its last start
	score := map[string]int{} // run and metric -> its last score
	for i, l := range lines {
		switch l.e.Event {
		case study.RunStart:
			start[l.e.Run] = i
		case study.ScoreEvent:
			score[l.e.Run+"\x00"+l.e.Metric] = i
		}
	}
	out := make([]study.Event, 0, len(lines))
	for i, l := range lines {
		switch l.e.Event {
		case study.RunDone, study.RunFailed:
			if i < start[l.e.Run] {
				continue
			}
		case study.ScoreEvent:
			if i < start[l.e.Run] || i < score[l.e.Run+"\x00"+l.e.Metric] {
				continue
			}
		}
		out = append(out, l.e)
	}
	return out
}

func makeSnapshot(name string, seq int64, events []study.Event) [][]byte {
	var groups [][]json.RawMessage
	size := partBytes
	for _, e := range events {
		b := encodeEvent(e)
		if size+len(b) > partBytes {
			groups, size = append(groups, nil), 0
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], b)
		size += len(b)
	}
	if len(groups) == 0 {
		groups = [][]json.RawMessage{{}}
	}
	parts := make([][]byte, len(groups))
	for i, g := range groups {
		parts[i] = encode(struct {
			T      string            `json:"t"`
			Study  string            `json:"study"`
			Seq    int64             `json:"seq"`
			Part   int               `json:"part"`
			Of     int               `json:"of"`
			Events []json.RawMessage `json:"events"`
		}{"snap", name, seq, i + 1, len(groups), g})
	}
	return parts
}

// encodeEvent writes a journal line.
func encodeEvent(e study.Event) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		b, _ = json.Marshal(study.Event{Schema: e.Schema, Seq: e.Seq, T: e.T, Event: study.WarningEv, Run: e.Run, Warnings: []string{fmt.Sprintf("an event cannot be shown: %v", err)}})
	}
	return b
}
