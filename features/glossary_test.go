package features

import (
	"strings"
	"testing"
)

// Every registered extractor has a name and a sentence in every language, no two of
// them alike, and no entry is left over.
func TestGlossary(t *testing.T) {
	for _, lang := range Languages() {
		seen := map[string]string{}
		for _, e := range Extractors() {
			name, text, ok := Translate(e.Name, lang)
			if !ok || name == "" || text == "" {
				t.Errorf("%s has no entry in %s", e.Name, lang)
				continue
			}
			if o := seen[text]; o != "" {
				t.Errorf("%s and %s say the same in %s", o, e.Name, lang)
			}
			seen[text] = e.Name
		}
		var b strings.Builder
		if err := WriteGlossary(&b, lang); err != nil {
			t.Error(err)
		} else if n := strings.Count(b.String(), "\n"); n != len(Extractors()) {
			t.Errorf("%s: %d lines for %d extractors", lang, n, len(Extractors()))
		}
	}
	for _, g := range glossary {
		if _, err := Lookup(g.extractor); err != nil {
			t.Errorf("the glossary explains %s, which is no extractor", g.extractor)
		}
	}
	if _, _, ok := Translate("rfm", "fr"); ok {
		t.Error("a language that is not there")
	}
}
