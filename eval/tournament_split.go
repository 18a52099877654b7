package eval

import (
	"cmp"
	"slices"
)

// Streams of a tournament's random numbers; number<<8 comes on top.
const (
	tournamentHalfStream = 0x701 + iota
	tournamentFoldStream
	tournamentOrderStream
	tournamentDealStream      // number = deal
	tournamentBootstrapStream // number = resample
)

// tournamentHash mixes seed, stream and a text into 64 bits: FNV-1a, then splitmix64's finaliser,
// without which the last letters of ids would hardly show in the lowest bits.
func tournamentHash(seed, stream uint64, text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return tournamentMix(h ^ tournamentMix(seed+stream*0x9e3779b97f4a7c15))
}

func tournamentMix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// SplitHalves parts rows by a hash of their ids: the same customer falls into the same
// half whatever the order and company.
func SplitHalves(ids []string, seed uint64) [2]Half {
	out := [2]Half{{Name: "A"}, {Name: "B"}}
	for i, id := range ids {
		h := tournamentHash(seed, tournamentHalfStream, id) & 1
		out[h].Train = append(out[h].Train, i)
		out[1-h].Test = append(out[1-h].Test, i)
	}
	return out
}

// tournamentOrder returns the rows in the order of their ids' hashes, by which sums, bundles
// and deals go: independent of the order of the rows.
func tournamentOrder(ids []string, seed uint64) []int {
	key := make([]uint64, len(ids))
	for i, id := range ids {
		key[i] = tournamentHash(seed, tournamentOrderStream, id)
	}
	out := ascendingInts(len(ids))
	slices.SortFunc(out, func(a, b int) int { return cmp.Or(cmp.Compare(key[a], key[b]), cmp.Compare(ids[a], ids[b])) })
	return out
}
