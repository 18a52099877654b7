package features

import (
	"slices"
	"strings"
	"unicode"
)

// protectedWords are what laws on equal treatment name (the Charter of Fundamental
// Rights of the European Union, Article 21; GDPR, Article 9; the US Equal Credit
// Opportunity Act), and what stands for it in files, in English, German, Danish and
// Dutch.
var protectedWords = []string{
	"age", "birth", "birthday", "birthdate", "born", "dob", "alter", "geburtsdatum", "geburtstag", "alder", "leeftijd", "retired", "senior",
	"sex", "gender", "geschlecht", "køn", "geslacht", "orientation", "pregnant", "pregnancy",
	"race", "ethnicity", "ethnic", "nationality", "citizenship", "origin", "herkunft", "nationalität", "afkomst", "nationaliteit", "nationalitet", "language", "skin",
	"religion", "religious", "faith", "belief", "church", "geloof", "politics", "political", "union",
	"health", "disability", "disabled", "diagnosis", "gesundheit", "behinderung", "gezondheid", "helbred", "genetic", "bmi",
	"marital", "married", "familienstand", "civilstand", "income", "einkommen", "indkomst", "inkomen", "salary", "wealth",
}

// Protected says that a descriptor's name speaks of something that people must not be
// treated differently for, or of what stands for it: age, sex, origin, religion,
// health, marital state, income. Names are cut into words, so that "package" is no
// "age"; a name that says nothing (x7) is not found out.
func Protected(name string) bool {
	var words []string
	var w []rune
	prev := ' '
	for _, r := range name + " " {
		if !unicode.IsLetter(r) || unicode.IsUpper(r) && unicode.IsLower(prev) {
			words, w = append(words, strings.ToLower(string(w))), w[:0]
		}
		if unicode.IsLetter(r) {
			w = append(w, r)
		}
		prev = r
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(protectedWords, w) })
}
