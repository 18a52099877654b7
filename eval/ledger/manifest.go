package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// Manifest says what ran where. It is for people: nothing of it but the plan's and
// the data's hashes is ever compared, and run keys do not depend on it.
type Manifest struct {
	Schema     int             `json:"schema"`
	Study      string          `json:"study"`
	Tool       string          `json:"tool"` // mores' version, with revision where known
	Go         string          `json:"go"`
	GOOS       string          `json:"goos"`
	GOARCH     string          `json:"goarch"`
	GOMAXPROCS int             `json:"gomaxprocs"`
	Started    time.Time       `json:"started"`
	Seed       uint64          `json:"seed"`
	Data       string          `json:"data_sha256"`
	PlanHash   string          `json:"plan_sha256"`
	Plan       json.RawMessage `json:"plan"`
}

// manifestSchema is the version of manifest.json.
const manifestSchema = 1

// ErrResume is the error of a study folder that holds another study.
type ErrResume struct {
	Dir  string
	What string // data, or the parts of the plan that differ
	Was  string
	Is   string
}

func (e *ErrResume) Error() string {
	return fmt.Sprintf("%s holds a study with other %s (there: %s; now: %s): give the new study its own folder with -o, or go back to what it was",
		e.Dir, e.What, clip(e.Was), clip(e.Is))
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

func newManifest(s *study.Study) (*Manifest, error) {
	plan, hash, err := s.Fingerprint()
	if err != nil {
		return nil, err
	}
	return &Manifest{
		Schema: manifestSchema, Study: s.Name, Tool: study.Tool(), Go: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
		GOMAXPROCS: runtime.GOMAXPROCS(0), Started: time.Now().UTC().Truncate(time.Millisecond), Seed: s.Seed,
		Data: s.DataHash(), PlanHash: hash, Plan: plan,
	}, nil
}

// readManifest returns nil if there is none.
func readManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "manifest.json"), err)
	}
	if m.Schema > manifestSchema {
		return nil, fmt.Errorf("%s: schema %d was written by a newer mores; this one reads up to %d", filepath.Join(dir, "manifest.json"), m.Schema, manifestSchema)
	}
	return &m, nil
}

func (m *Manifest) file() named {
	return named{"manifest.json", func(w io.Writer) error {
		b, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append(b, '\n'))
		return err
	}}
}

// same compares what must be equal for a resume.
func (m *Manifest) same(dir string, now *Manifest) error {
	if m.Data != now.Data {
		return &ErrResume{Dir: dir, What: "data", Was: "sha256 " + m.Data, Is: "sha256 " + now.Data}
	}
	if m.PlanHash == now.PlanHash {
		return nil
	}
	var a, b map[string]json.RawMessage
	if json.Unmarshal(m.Plan, &a) != nil || json.Unmarshal(now.Plan, &b) != nil {
		return &ErrResume{Dir: dir, What: "plan", Was: "sha256 " + m.PlanHash, Is: "sha256 " + now.PlanHash}
	}
	var what, was, is []string
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	for k := range keys {
		if compactJSON(a[k]) != compactJSON(b[k]) {
			what = append(what, k)
		}
	}
	slices.Sort(what)
	for _, k := range what {
		was, is = append(was, compactJSON(a[k])), append(is, compactJSON(b[k]))
	}
	return &ErrResume{Dir: dir, What: strings.Join(what, ", "), Was: strings.Join(was, "; "), Is: strings.Join(is, "; ")}
}

// compactJSON writes a value without the manifest's indentation.
func compactJSON(raw json.RawMessage) string {
	if raw == nil {
		return "none"
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(b)
}
