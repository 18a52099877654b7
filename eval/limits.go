package eval

import (
	"strings"

	"github.com/mores-lab/mores/features"
)

// Limits says in plain words that a column lies between two quantities, which come
// with their units and may be "" for open: "last bought at most 61 days ago". least
// is a value that belongs, where over is false, and one that is exceeded otherwise.
// Both open says that the value is known.
// The quantities are as Spoken has them.
func Limits(c features.Column, least, most string, over bool) string {
	if least == "" && most == "" {
		return strings.ReplaceAll(c.Name, "_", " ") + " is known"
	}
	sentence := wordingOf(c).sentence
	after := strings.Contains(sentence, "every %s") // "every at most 12 days" is no English
	var limits string
	switch {
	case least == most:
		limits = least
	case least != "" && most != "":
		limits = withoutUnit(least, most) + " to " + most
	case least == "" && after:
		limits = most + " or less"
	case least == "":
		limits = "at most " + most
	case after:
		limits = least + " or more"
	case over:
		limits = "more than " + least
	default:
		limits = "at least " + least
	}
	if sentence != "" {
		return strings.Replace(sentence, "%s", limits, 1)
	}
	doc, _, _ := strings.Cut(c.Doc, ": ") // what follows explains the ends of its scale
	if doc = strings.TrimSuffix(doc, "."); doc == "" {
		doc = strings.ReplaceAll(c.Name, "_", " ")
	}
	return doc + ": " + limits
}

// withoutUnit cuts a's unit off if b has the same: 10 to 61 days.
func withoutUnit(a, b string) string {
	i, j := strings.IndexAny(a, " \u00a0"), strings.IndexAny(b, " \u00a0")
	if i > 0 && j > 0 && a[i:] == b[j:] {
		return a[:i]
	}
	return a
}
