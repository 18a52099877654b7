package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// Protocol is the websocket sub-protocol of the page.
const Protocol = "mores.v1"

// What a client sends: JSON text frames.
//
//	{"t":"hello","v":1,"study":"cdnow","resume":{"epoch":"01ab…","seq":1841}}
//	{"t":"sub","study":"other"}
//	{"t":"get","id":9,"blob":"<sha256>","off":0}
//
// hello comes first. study may be empty: the first one. An answered resume goes on
// where the tab left off.
type request struct {
	T      string  `json:"t"`
	V      int     `json:"v"`
	Study  string  `json:"study"`
	Resume *resume `json:"resume"`
	ID     uint32  `json:"id"`
	Blob   string  `json:"blob"`
	Off    uint32  `json:"off"`
}

type resume struct {
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
}

// parseRequest reads a client's frame. It fails on whatever is not of the above.
func parseRequest(b []byte) (request, error) {
	var r request
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("not a message of %s: %w", Protocol, err)
	}
	switch r.T {
	case "hello":
		if r.V != 1 {
			return r, fmt.Errorf("version %d is not spoken here, only 1", r.V)
		}
	case "sub":
	case "get":
		if len(r.Blob) != 64 {
			return r, errors.New("get wants a blob's SHA-256 as 64 hex digits")
		}
	default:
		return r, fmt.Errorf("unknown message type %.40q", r.T)
	}
	if r.Resume != nil && r.Resume.Seq < 0 {
		return r, errors.New("resume.seq is negative")
	}
	return r, nil
}

// What the server sends: JSON text frames, and binary ones (frame.go).
//
//	{"t":"welcome","v":1,"study":…,"epoch":…,"seq":…,"resumed":…,"studies":[…],"server":…}
//	{"t":"studies","studies":[…]}                     the list has changed
//	{"t":"snap","study":…,"seq":…,"part":1,"of":3,"events":[…]}
//	{"t":"d","study":…,"seq":1842,"e":{…}}            a line of the journal, unchanged
//	{"t":"p","study":…,"p":{…}}                       progress: no seq, the latest wins
//	{"t":"gap","study":…,"from":1500,"to":1841}       a snapshot follows
//	{"t":"err","id":12,"msg":…}
//	{"t":"bye","code":"shutdown","retry_after_ms":2000}
type welcome struct {
	T       string   `json:"t"`
	V       int      `json:"v"`
	Study   string   `json:"study"`
	Epoch   string   `json:"epoch"`
	Seq     int64    `json:"seq"`
	Resumed bool     `json:"resumed"`
	Studies []brief  `json:"studies"`
	Metrics []metric `json:"metrics,omitempty"`
	// Baselines are the algorithms not meant to find segments.
	Baselines []string `json:"baselines,omitempty"`
	Server    string   `json:"server,omitempty"`
}

// metric tells the page how to read a score.
type metric struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Better int    `json:"better"`
}

func baselines() []string {
	var out []string
	for _, m := range cluster.Methods() {
		if m.Baseline {
			out = append(out, m.Name)
		}
	}
	return out
}

// metrics are those that eval knows.
func metrics() []metric {
	var out []metric
	for _, m := range eval.Metrics() {
		title, _, _ := strings.Cut(m.Doc, "\n")
		out = append(out, metric{m.Name, title, m.Range.Better})
	}
	return out
}

type listing struct {
	T       string  `json:"t"`
	Studies []brief `json:"studies"`
}

// brief is a study in the switcher.
type brief struct {
	Name  string `json:"name"`
	State string `json:"state"` // waiting, running, done
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

type gap struct {
	T     string `json:"t"`
	Study string `json:"study"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
}

type progress struct {
	T     string         `json:"t"`
	Study string         `json:"study"`
	P     study.Progress `json:"p"`
}

type failure struct {
	T   string `json:"t"`
	ID  uint32 `json:"id,omitempty"`
	Msg string `json:"msg"`
}

type bye struct {
	T     string `json:"t"`
	Code  string `json:"code"`
	Retry int    `json:"retry_after_ms"`
}

// encode writes a message. Its types hold nothing that JSON cannot say.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(failure{T: "err", Msg: err.Error()})
	}
	return b
}
