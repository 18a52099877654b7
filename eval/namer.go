package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// namer gives segments rule-of-thumb names and remembers those it has given.
type namer map[string]bool

// nameThreshold is the size a difference needs to enter a name: what Cohen (1988,
// p. 40) calls a small effect. Weaker ones would name a segment after noise.
const nameThreshold = 0.2

// contradicts lists the words that a word is not joined with: the stronger stands.
var contradicts = map[string][]string{
	"frequent": {"occasional", "slow-paced"}, "occasional": {"frequent", "fast-paced"},
	"slow-paced": {"frequent", "fast-paced"}, "fast-paced": {"occasional", "slow-paced"},
	"regular": {"irregular", "bursty", "on-and-off"}, "irregular": {"regular", "steady"},
	"bursty": {"regular", "steady"}, "steady": {"bursty", "on-and-off", "irregular"},
	"on-and-off": {"steady", "regular"}, "recent": {"lapsed"}, "lapsed": {"recent", "on-time"},
	"overdue": {"on-time"}, "on-time": {"overdue", "lapsed"}, "new": {"long-standing"}, "long-standing": {"new"},
	"slowing": {"quickening"}, "quickening": {"slowing"},
}

// name returns the first name not given yet, from the shortest to the most
// detailed: "Frequent high spenders", "Recent frequent high spenders", "High
// recency, low frequency", and with a number at last.
func (n namer) name(all []Behaviour) string {
	var candidates []string
	var adjectives, nouns, plainly []string
	for _, b := range all {
		if math.Abs(b.SMD) < nameThreshold {
			break
		}
		w := wordingOf(b.Column)
		word, level := w.high, "high "
		if b.SMD < 0 {
			word, level = w.low, "low "
		}
		plainly = append(plainly, level+strings.ReplaceAll(b.Column.Name, "_", " "))
		switch {
		case word == "":
		case w.noun:
			nouns = appendNew(nouns, word)
		default:
			if !slices.ContainsFunc(adjectives, func(a string) bool { return slices.Contains(contradicts[a], word) }) {
				adjectives = appendNew(adjectives, word)
			}
		}
	}
	noun := "buyers"
	if len(nouns) > 0 {
		noun = nouns[0]
	}
	switch {
	case len(adjectives) > 0 && len(nouns) > 0:
		candidates = append(candidates, adjectives[0]+" "+noun)
	case len(adjectives) > 1:
		candidates = append(candidates, adjectives[0]+", "+adjectives[1]+" "+noun)
	case len(adjectives) > 0 || len(nouns) > 0:
		candidates = append(candidates, strings.TrimSpace(strings.Join(adjectives, " ")+" "+noun))
	}
	for k := 2; k <= len(adjectives); k++ {
		candidates = append(candidates, strings.Join(adjectives[:k], ", ")+" "+noun)
	}
	for k := 2; k <= len(plainly); k++ {
		candidates = append(candidates, strings.Join(plainly[:k], ", "))
	}
	if len(plainly) == 1 {
		candidates = append(candidates, plainly[0])
	}
	if len(plainly) == 0 {
		candidates = append(candidates, "typical customers")
	}
	for _, c := range candidates {
		if c = capital(c); !n[c] {
			n[c] = true
			return c
		}
	}
	for i := 2; ; i++ {
		if c := fmt.Sprintf("%s (%d)", capital(candidates[0]), i); !n[c] {
			n[c] = true
			return c
		}
	}
}

func appendNew(list []string, s string) []string {
	for _, o := range list {
		if o == s {
			return list
		}
	}
	return append(list, s)
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
