package study

import (
	"encoding/json"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
)

// Schema is the version of the journal's lines. Older ones open for ever.
const Schema = 1

// EventType names what a line of the journal says.
type EventType string

// The events of a study, in the order in which they can occur.
const (
	StudyStart EventType = "study_start"
	RunStart   EventType = "run_start"
	RunDone    EventType = "run_done"
	RunFailed  EventType = "run_failed"
	ScoreEvent EventType = "score"
	WarningEv  EventType = "warning"
	// What is said of the whole study, after its runs and before study_done.
	TiesEv      EventType = "ties"
	StructureEv EventType = "structure"
	HoldoutEv   EventType = "holdout"
	VerdictEv   EventType = "verdict"
	StudyDone   EventType = "study_done"
)

// Event is one line of a study's journal: flat, one JSON object. The journal
// fills in Schema, Seq and T, and appends crc, the CRC32C of the bytes before it.
type Event struct {
	Schema int       `json:"schema"`
	Seq    int64     `json:"seq"` // 1, 2, 3, ...
	T      string    `json:"t"`   // RFC 3339, UTC, milliseconds
	Event  EventType `json:"event"`

	// study_start
	Study   string   `json:"study,omitempty"`
	Data    *Data    `json:"data,omitempty"`
	Sets    []Brief  `json:"sets,omitempty"` // the feature sets
	Total   int      `json:"total,omitempty"`
	Metrics []string `json:"metrics,omitempty"`

	// run_start and everything about a run
	Run       string          `json:"run,omitempty"`       // 16 hex digits: the run key
	Cell      int             `json:"cell,omitempty"`      // 1-based position in the grid
	Algorithm string          `json:"algorithm,omitempty"` // name
	Params    json.RawMessage `json:"params,omitempty"`    // every option
	Set       string          `json:"set,omitempty"`       // feature set
	Scale     string          `json:"scale,omitempty"`
	Seed      uint64          `json:"seed,omitempty"` // the study's seed for this repeat: 1, 2, ...

	// run_done
	N         int      `json:"n,omitempty"`
	D         int      `json:"d,omitempty"`
	NClusters int      `json:"n_clusters,omitempty"`
	NNoise    int      `json:"n_noise,omitempty"`
	Sizes     []int    `json:"sizes,omitempty"`
	Objective *float64 `json:"objective,omitempty"`
	// Criteria are an algorithm's own: bic, aic and icl of a mixture.
	Criteria      map[string]float64 `json:"criteria,omitempty"`
	NIter         int                `json:"n_iter,omitempty"`
	Stop          string             `json:"stop,omitempty"`
	Seconds       float64            `json:"seconds,omitempty"`
	SharedSeconds float64            `json:"shared_seconds,omitempty"`
	CPUSeconds    float64            `json:"cpu_seconds,omitempty"`
	PeakBytes     int64              `json:"peak_bytes,omitempty"` // 0 = not known here
	LabelsHash    string             `json:"labels_sha256,omitempty"`

	// score
	Metric  string           `json:"metric,omitempty"`
	Value   *float64         `json:"value,omitempty"`
	Lo      *float64         `json:"lo,omitempty"`
	Hi      *float64         `json:"hi,omitempty"`
	Reason  string           `json:"reason,omitempty"` // also of run_failed
	Noise   eval.NoisePolicy `json:"noise,omitempty"`
	Sampled int              `json:"sampled,omitempty"`
	// PerSegment holds a per-segment score, one value a segment; NaN (null in the
	// line) where a segment has none.
	PerSegment Floats `json:"per_segment,omitempty"`
	// Segments are those of the score stability, each with what random groups of its size
	// reach; older journals lack them.
	Segments []verdict.Segment `json:"segments,omitempty"`

	// ties: Set, Scale and Metric say of what, Runs lists the runs that cannot be told
	// from the best of those of like coverage.
	Runs []string `json:"runs,omitempty"`
	// structure: of Set under Scale.
	Structure *eval.Structure `json:"structure,omitempty"`
	// holdout: what segmentations foretell; Reason says why nothing was held out.
	Contests []eval.Contest    `json:"contests,omitempty"`
	Blocks   *eval.BlockMatrix `json:"blocks,omitempty"`
	Verdict  *verdict.Verdict  `json:"verdict,omitempty"`

	Warnings []string `json:"warnings,omitempty"`
	CRC      string   `json:"crc,omitempty"` // eight hex digits; the journal's
}

// Data describes the log of a study.
type Data struct {
	Name      string   `json:"name"`
	Hash      string   `json:"sha256"`
	Simulated bool     `json:"simulated,omitempty"`
	Unit      string   `json:"unit,omitempty"` // customer, household, account, row
	Currency  string   `json:"currency,omitempty"`
	Zone      string   `json:"zone,omitempty"` // in which hours and days were read; "" = a table, or an older journal
	From      string   `json:"from,omitempty"` // dates of the window
	To        string   `json:"to,omitempty"`
	Customers int      `json:"customers"`
	Events    int      `json:"events,omitempty"`
	Notes     []string `json:"notes,omitempty"`
}

// Brief describes a feature set in one line.
type Brief struct {
	Name    string   `json:"name"`
	Scale   string   `json:"scale"`
	N       int      `json:"n"`       // customers clustered
	Columns []string `json:"columns"` // features
	// Strata counts the customers by evidence: those not "enough" are named
	// segments beside the clusters. Value is their share of revenue, where known.
	Strata []StratumCount `json:"strata,omitempty"`
}

// StratumCount is a stratum's size and value.
type StratumCount struct {
	Name       string   `json:"name"`
	Customers  int      `json:"customers"`
	ValueShare *float64 `json:"value_share,omitempty"`
}
