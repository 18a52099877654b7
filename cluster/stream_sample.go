package cluster

import (
	"math"
	"math/rand/v2"
)

// streamSampleStream is the generator stream of samples.
const streamSampleStream = 0x73616d706c65

// A sample has streamSampleRows rows, by which a mean of squared distances is known to
// 0.2 or 0.3 %, but at most streamSampleBytes.
const (
	streamSampleRows  = 1 << 16
	streamSampleBytes = 16 << 20
)

// streamSample is a uniform sample of the rows of a stream, without replacement, in one
// pass: algorithm L of Li, Reservoir-sampling algorithms of time complexity O(n(1+log(N/n))),
// ACM Trans. Mathematical Software 20, 1994, doi:10.1145/198429.198435.
type streamSample struct {
	d, most int
	x, w    []float64
	rng     *rand.Rand
	top     float64 // the largest of the keys kept
	next    int64   // the row that replaces one
}

func newStreamSample(d int, seed uint64) *streamSample {
	return &streamSample{d: d, most: max(1, min(streamSampleRows, streamSampleBytes/8/d)), top: 1, rng: rand.New(rand.NewPCG(seed, streamSampleStream))}
}

func (s *streamSample) len() int { return len(s.w) }

// take looks at the next block.
func (s *streamSample) take(b *streamRows) {
	i := 0
	for ; i < b.n && len(s.w) < s.most; i++ {
		s.x, s.w = append(s.x, b.x[i*s.d:(i+1)*s.d]...), append(s.w, b.weight(i))
		if len(s.w) == s.most {
			s.skip(b.at + int64(i))
		}
	}
	for i < b.n && s.next < b.at+int64(b.n) {
		i = int(s.next - b.at)
		to := s.rng.IntN(s.most)
		copy(s.x[to*s.d:(to+1)*s.d], b.x[i*s.d:(i+1)*s.d])
		s.w[to] = b.weight(i)
		s.skip(s.next)
	}
}

// skip draws which row after row at is the next to enter.
func (s *streamSample) skip(at int64) {
	s.top *= math.Exp(math.Log(1-s.rng.Float64()) / float64(s.most))
	gap := math.Floor(math.Log(1-s.rng.Float64()) / math.Log1p(-s.top))
	s.next = at + 1 + int64(min(gap, 1<<62))
}

// inertia estimates Σ w·D² over the n rows of the stream from the sample's squared
// distances, and the standard error of the estimate.
func (s *streamSample) inertia(dist []float64, n int64) (sum, err float64) {
	m := float64(s.len())
	mean, sq := 0.0, 0.0
	for i, q := range dist {
		v := s.w[i] * q
		e := v - mean
		mean += e / float64(i+1)
		sq += e * (v - mean)
	}
	if m < float64(n) && m > 1 {
		err = float64(n) * math.Sqrt(sq/(m-1)/m*(1-m/float64(n)))
	}
	return float64(n) * mean, err
}
