package features

import (
	"strings"
	"unicode"
)

// Words splits a description into the words that may tell a theme: lower case, letters
// only, three or more, each once, in order of first sight. Left out are words with a
// digit (codes, measures), function words of English, German, Danish and Dutch, and
// words for colours and sizes: they would become themes of their own.
func Words(text string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters := 0
		digit := false
		for _, r := range f {
			letters++
			digit = digit || unicode.IsDigit(r)
		}
		if digit || letters < 3 || stopWords[f] {
			continue
		}
		seen := false
		for _, o := range out {
			seen = seen || o == f
		}
		if !seen {
			out = append(out, f)
		}
	}
	return out
}

// stopWords holds function words, colours, and sizes with units and packages.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range []string{wordsFunction, wordsColour, wordsSize} {
		for w := range strings.FieldsSeq(list) {
			m[w] = true
		}
	}
	return m
}()

const (
	wordsFunction = `
the and for with from that this its are was not all any per our your you has have can will one two three four into out off over
under new more most other only own than then too very each both some such but also who what which when where how why
und oder der die das den dem des ein eine einer eines einem einen mit von vom für aus bei auf ist sind nicht auch als zum zur
ohne nach über unter durch wir sie ihr ihre sich dass wie was wer neu neue neuer neues sehr mehr nur noch pro
det den der med til fra som ikke også eller men har var kan vil ved efter over under uden ind ude ned hos sig sin sit deres vores
ind nye nyt meget kun pro
het een van met voor uit bij naar aan niet ook als maar dan dat deze die dit door wel nog zijn was wordt heeft kan onze hun
nieuw nieuwe zeer meer zonder over onder`
	wordsColour = `
red blue green yellow black white grey gray pink purple orange brown cream ivory gold golden silver turquoise lilac beige navy
lavender multicolour multicolor colour color coloured colored assorted dark light
rot rote roter rotes blau blaue grün grüne gelb gelbe schwarz schwarze weiß weiss weiße grau graue rosa lila orange braun braune
silber türkis bunt farbe hell dunkel
rød røde rødt blå blåt grøn grønne grønt gul gule gult sort sorte hvid hvide hvidt grå gråt lyserød lilla brun brune guld guld sølv turkis farve lys mørk
rood rode blauw blauwe groen groene geel gele zwart zwarte wit witte grijs grijze roze paars bruin bruine goud gouden zilver
kleur licht donker`
	wordsSize = `
small medium large extra mini midi maxi big little tiny huge size sizes pack packs pkt packet box boxes set sets piece pieces pcs
pair pairs dozen tall short long wide inch inches feet foot litre liter litres gram grams kilo kilogram pint ounce pound
klein kleine kleiner kleines groß große gross grosse großer lang lange kurz kurze größe packung stück paar dutzend gramm
lille små stor store lang lange kort størrelse pakke stk styk par sæt
klein kleine groot grote lang lange kort maat pak stuk stuks paar doos`
)
