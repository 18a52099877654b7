package study

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/mores-lab/mores/eval"
)

// Keeper is a journal that also keeps what a judgement is made of, so that one that is
// stopped goes on where it was: each refit, each rated draw of a null, each labelling of a
// tournament. It is no part of the record: what is lost is computed again to the same
// bits, and at study_done nothing of it is needed any more.
type Keeper interface {
	// Kept returns what an earlier call of Run kept under the key; nil = nothing.
	Kept(key string) json.RawMessage
	// Keep keeps a value, if it can. It is called from several goroutines at once.
	Keep(key string, value json.RawMessage)
}

// keptVersion is part of every key. Raise it with every change to what is kept, or to how
// the judgement draws rows and seeds: what an older mores kept is then computed again. The
// members (algorithms, extractors, metrics) have versions of their own in the run keys.
const keptVersion = 1

// keeping is one judgement's use of a Keeper; nil keeps nothing.
type keeping struct {
	k    Keeper
	base [32]byte // what all keys rest on: data, members with options and versions, seed
}

func (r *runner) newKeeping() *keeping {
	k, ok := r.j.(Keeper)
	if !ok {
		return nil
	}
	base := struct {
		Version int      `json:"version"`
		Seed    uint64   `json:"seed"`
		Runs    []string `json:"runs"`
	}{Version: keptVersion, Seed: r.s.Seed}
	for _, p := range r.plan.runs {
		base.Runs = append(base.Runs, p.Run)
	}
	return &keeping{k: k, base: hashJSON(base)}
}

// key names something kept: the parts are what it depends on beside the base.
func (k *keeping) key(parts ...any) string {
	id := hashJSON(struct {
		Base  string `json:"base"`
		Parts []any  `json:"parts"`
	}{hex.EncodeToString(k.base[:]), parts})
	return hex.EncodeToString(id[:16])
}

// once returns what was kept under the key, or makes and keeps it. An error of make is
// neither: what failed for a reason of its own is a value (see keptLabels).
func once[T any](k *keeping, key string, make func() (T, error)) (T, error) {
	var out T
	if b := k.k.Kept(key); b != nil && json.Unmarshal(b, &out) == nil {
		return out, nil
	}
	out, err := make()
	if err != nil {
		return out, err
	}
	b, err := json.Marshal(out)
	if err != nil {
		return out, err
	}
	k.k.Keep(key, b)
	return out, nil
}

// keptLabels is a labelling, or why there is none.
type keptLabels struct {
	K      int    `json:"k,omitempty"`
	Labels packed `json:"labels,omitempty"`
	Test   packed `json:"test,omitempty"` // of a tournament: the other half
	Failed string `json:"failed,omitempty"`
}

// labels is once for labellings: an error that does not come from ctx is kept, too. A nil
// keeping makes them every time.
func (k *keeping) labels(ctx context.Context, key func() string, make func() (keptLabels, error)) (keptLabels, error) {
	if k == nil {
		return make()
	}
	out, err := once(k, key(), func() (keptLabels, error) {
		l, err := make()
		if ctx.Err() != nil {
			return l, ctx.Err()
		}
		if err != nil {
			return keptLabels{Failed: cmp.Or(err.Error(), "no reason given")}, nil
		}
		return l, nil
	})
	if err == nil && out.Failed != "" {
		err = errors.New(out.Failed)
	}
	return out, err
}

// packed are labels as JSON keeps them: base64 of a byte for most.
type packed []int32

func (p packed) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(p))
	for _, l := range p {
		b = binary.AppendVarint(b, int64(l))
	}
	return json.Marshal(b)
}

func (p *packed) UnmarshalJSON(text []byte) error {
	var b []byte
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	*p = (*p)[:0]
	for len(b) > 0 {
		v, n := binary.Varint(b)
		if n <= 0 {
			return errors.New("labels are cut off")
		}
		*p, b = append(*p, int32(v)), b[n:]
	}
	return nil
}

// rowsHash is a set of rows as keys hold it.
func rowsHash(rows []int) string {
	h := sha256.New()
	var w [8]byte
	for _, r := range rows {
		binary.LittleEndian.PutUint64(w[:], uint64(r))
		h.Write(w[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ratings keeps what the draws of a set's structure test were rated.
func (k *keeping) ratings(set *labSet, seed uint64) eval.StructureMemory {
	if k == nil {
		return nil
	}
	type kept struct {
		Ratings Floats `json:"ratings"`
		Rows    int    `json:"rows"`
	}
	n, d := set.of.set.X.Dims()
	return func(null string, draw uint64, make func() (eval.StructureRating, error)) (eval.StructureRating, error) {
		got, err := once(k, k.key("draw", set.of.set.Name, set.of.set.Scale, n, d, seed, null, draw), func() (kept, error) {
			r, err := make()
			return kept{r.Ratings, r.Rows}, err
		})
		return eval.StructureRating{Ratings: got.Ratings, Rows: got.Rows}, err
	}
}

// grouped keeps what an entrant of a tournament answers.
func (k *keeping) grouped(labels groupFunc, parts ...any) groupFunc {
	if k == nil {
		return labels
	}
	return func(ctx context.Context, half eval.Half) (train, test []int32, err error) {
		got, err := k.labels(ctx, func() string {
			return k.key("half", parts, half.Name, len(half.Train), len(half.Test))
		}, func() (keptLabels, error) {
			train, test, err := labels(ctx, half)
			return keptLabels{Labels: train, Test: test}, err
		})
		return got.Labels, got.Test, err
	}
}

// groupFunc is eval.Entrant.Labels.
type groupFunc = func(ctx context.Context, half eval.Half) (train, test []int32, err error)
