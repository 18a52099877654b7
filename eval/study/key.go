package study

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

// member is an entry of one of the lists with its options, as keys hold it.
type member struct {
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Options json.RawMessage `json:"options,omitempty"`
	Weight  float64         `json:"weight,omitempty"`
}

// fitKey is everything that a run's labels depend on. Its hash seeds the run, so
// that a run is the same whatever else is in the study, in what order, and however
// it is scored.
type fitKey struct {
	Data      string   `json:"data"`
	Set       string   `json:"set"`
	Minimum   int      `json:"minimum"`
	Missing   string   `json:"missing"`
	Scale     string   `json:"scale"`
	Features  []member `json:"features"` // extractors, then transforms
	Algorithm member   `json:"algorithm"`
	Sources   []string `json:"sources,omitempty"` // contents of the files that the algorithm reads
	Root      uint64   `json:"root"`              // the study's seed
	Seed      uint64   `json:"seed"`              // the repeat: 1, 2, ...
}

// runKey adds what a run's scores depend on. Its hash names the run.
type runKey struct {
	Fit     fitKey   `json:"fit"`
	Metrics []member `json:"metrics"`
	Noise   string   `json:"noise"`
	Truth   []string `json:"truth,omitempty"`
}

func hashJSON(v any) [32]byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("study: a key that JSON cannot write: " + err.Error())
	}
	return sha256.Sum256(b)
}

// names returns the run's id and the seed of its fit.
func (k *runKey) names() (run string, seed uint64) {
	id, fit := hashJSON(k), hashJSON(&k.Fit)
	return hex.EncodeToString(id[:8]), binary.BigEndian.Uint64(fit[:8])
}

// sourceHashes are the SHA-256 of the files that an algorithm's answer depends on;
// one that cannot be read counts as absent, and the fit says why.
func sourceHashes(a cluster.Algorithm) []string {
	so, ok := a.(cluster.Sourced)
	if !ok {
		return nil
	}
	var out []string
	for _, path := range so.Sources() {
		b, err := os.ReadFile(path)
		if err != nil {
			out = append(out, "absent")
			continue
		}
		sum := sha256.Sum256(b)
		out = append(out, hex.EncodeToString(sum[:]))
	}
	return out
}

func (s *Study) noise() eval.NoisePolicy {
	if s.Noise == "" {
		return eval.OneCluster
	}
	return s.Noise
}

func (s *Study) seeds() int { return max(s.Seeds, 1) }

// metrics returns the study's metrics: those given, or those of DefaultMetrics.
func (s *Study) metrics() []*eval.Metric {
	if s.Metrics != nil {
		return s.Metrics
	}
	return DefaultMetrics(len(s.Truth) > 0)
}

// DefaultMetrics lists the metrics of a study that names none: three internal
// indices, and every external one where there is a reference.
func DefaultMetrics(truth bool) []*eval.Metric {
	var out []*eval.Metric
	for _, n := range []string{"silhouette", "calinski_harabasz", "davies_bouldin"} {
		if m, err := eval.Lookup(n); err == nil {
			out = append(out, m)
		}
	}
	for _, m := range eval.Metrics() {
		if truth && m.Needs == eval.NeedTruth {
			out = append(out, m)
		}
	}
	return out
}

func (s *Study) metricMembers() ([]member, error) {
	var out []member
	for _, m := range s.metrics() {
		opt, err := json.Marshal(m.New())
		if err != nil {
			return nil, fmt.Errorf("options of metric %s: %w", m.Name, err)
		}
		out = append(out, member{Name: m.Name, Version: m.Version, Options: opt})
	}
	return out, nil
}

func labelsHash(labels []int32) string {
	b := make([]byte, 0, 4*len(labels))
	for _, l := range labels {
		b = binary.LittleEndian.AppendUint32(b, uint32(l))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (s *Study) truthHashes() []string {
	var out []string
	for _, t := range s.Truth {
		out = append(out, labelsHash(t.Labels))
	}
	return out
}

// DataHash is the SHA-256 of the mapped data: the log's, or that of the tables'
// values, columns and ids.
func (s *Study) DataHash() string {
	h := sha256.New()
	if s.Log != nil {
		if len(s.Tables) == 0 {
			return s.Log.Hash
		}
		fmt.Fprintf(h, "log %s\n", s.Log.Hash)
	}
	if s.Table != nil {
		fmt.Fprintf(h, "table %s\n", s.Table.Hash())
		for _, id := range s.Table.IDs {
			fmt.Fprintf(h, "%q", id)
		}
	}
	for _, t := range s.Tables {
		fmt.Fprintf(h, "table %q %s\n", t.Name, t.Matrix.Hash())
		for _, id := range t.Matrix.IDs {
			fmt.Fprintf(h, "%q", id)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// planned cell of the fingerprint.
type cellPrint struct {
	Algorithm member  `json:"algorithm"`
	Choice    string  `json:"choice,omitempty"`
	Value     float64 `json:"value,omitempty"`
}

// setPrint is a feature set of the fingerprint.
type setPrint struct {
	Name     string   `json:"name"`
	Features []member `json:"features,omitempty"`
}

// fingerprint is the plan as far as it decides results.
type fingerprint struct {
	Sets       []setPrint  `json:"sets"`
	Minimum    int         `json:"minimum"`
	Missing    string      `json:"missing"`
	Scales     []string    `json:"scale"`
	Algorithms []cellPrint `json:"algorithms"`
	Seeds      int         `json:"seeds"`
	Metrics    []member    `json:"metrics"`
	Noise      string      `json:"noise"`
	Truth      []string    `json:"truth,omitempty"`
	Seed       uint64      `json:"seed"`
}

// Fingerprint returns the plan as JSON, as far as it decides results, and its
// SHA-256. Workers, limits and the study's name are not in it.
func (s *Study) Fingerprint() (plan []byte, hash string, err error) {
	srcs, err := s.sources()
	if err != nil {
		return nil, "", err
	}
	f := &fingerprint{
		Minimum: s.Minimum, Missing: string(s.Missing), Scales: s.scales(), Seeds: s.seeds(), Noise: string(s.noise()),
		Truth: s.truthHashes(), Seed: s.Seed,
	}
	for _, src := range srcs {
		p := setPrint{Name: src.name}
		if src.recipe != nil {
			for _, st := range src.recipe.Steps {
				opt, err := json.Marshal(st.Block)
				if err != nil {
					return nil, "", fmt.Errorf("options of %s: %w", st.Extractor.Name, err)
				}
				p.Features = append(p.Features, member{Name: st.Extractor.Name, Version: st.Extractor.Version, Options: opt, Weight: st.Weight})
			}
		}
		f.Sets = append(f.Sets, p)
	}
	for _, c := range s.Cells {
		m, err := algorithmMember(c.Method, c.Algorithm)
		if err != nil {
			return nil, "", err
		}
		cp := cellPrint{Algorithm: m}
		if c.Choice != nil {
			cp.Choice, cp.Value = c.Choice.Key, c.Choice.Value
		}
		f.Algorithms = append(f.Algorithms, cp)
	}
	if f.Metrics, err = s.metricMembers(); err != nil {
		return nil, "", err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:]), nil
}

func algorithmMember(m *cluster.Method, a cluster.Algorithm) (member, error) {
	p, err := cluster.Params(a)
	if err != nil {
		return member{}, err
	}
	return member{Name: m.Name, Version: m.Version, Options: p}, nil
}
