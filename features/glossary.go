package features

import (
	"fmt"
	"io"
	"slices"
)

// Languages lists the languages of the glossary: English, German, Danish, Dutch.
func Languages() []string { return []string{"en", "de", "da", "nl"} }

// term says in four languages, in the order of Languages, what a block measures in a
// marketer's words: a name and a sentence.
type term struct {
	extractor string
	name      [4]string
	text      [4]string
}

// glossary has one term for every registered extractor.
var glossary = []term{
	{"rfm", [4]string{"recency, frequency, monetary value", "Aktualität, Häufigkeit, Geldwert", "recency, frekvens, værdi", "recentheid, frequentie, waarde"}, [4]string{
		"how long ago, how often and for how much somebody bought",
		"wie lange her, wie oft und für wie viel jemand gekauft hat",
		"hvor længe siden, hvor ofte og for hvor meget nogen har købt",
		"hoe lang geleden, hoe vaak en voor hoeveel iemand kocht",
	}},
	{"basket", [4]string{"basket", "Warenkorb", "indkøbskurv", "winkelmand"}, [4]string{
		"how large and how varied an order is, and at what price level within its categories",
		"wie groß und wie vielfältig eine Bestellung ist und in welcher Preislage ihrer Kategorien",
		"hvor stor og hvor varieret en ordre er, og på hvilket prisniveau inden for sine kategorier",
		"hoe groot en hoe gevarieerd een bestelling is, en op welk prijsniveau binnen haar categorieën",
	}},
	{"process", [4]string{"complexity of the purchase", "Aufwand des Kaufs", "købets kompleksitet", "complexiteit van de aankoop"}, [4]string{
		"how many visits, looks and days a purchase takes",
		"wie viele Besuche, Blicke und Tage ein Kauf braucht",
		"hvor mange besøg, visninger og dage et køb kræver",
		"hoeveel bezoeken, weergaven en dagen een aankoop kost",
	}},
	{"barriers", [4]string{"barriers to purchase", "Kaufhürden", "købsbarrierer", "aankoopdrempels"}, [4]string{
		"at which step somebody gives up where most go on",
		"an welchem Schritt jemand aufgibt, an dem die meisten weitergehen",
		"ved hvilket trin nogen giver op, hvor de fleste fortsætter",
		"bij welke stap iemand afhaakt waar de meesten doorgaan",
	}},
	{"btyd", [4]string{"buy till you die", "Kaufen bis zum Ausscheiden (BTYD)", "køb til ophør (BTYD)", "kopen tot vertrek (BTYD)"}, [4]string{
		"the probability of still being a customer, and what purchases and value to expect",
		"die Wahrscheinlichkeit, noch Kunde zu sein, und welche Käufe und welcher Wert zu erwarten sind",
		"sandsynligheden for stadig at være kunde og hvilke køb og hvilken værdi der kan ventes",
		"de kans nog klant te zijn, en welke aankopen en waarde te verwachten zijn",
	}},
	{"interpurchase", [4]string{"time between purchases", "Abstand zwischen Käufen", "tid mellem køb", "tijd tussen aankopen"}, [4]string{
		"how long the gaps are, how regular, how clumped, and whether the next one is overdue",
		"wie lang die Abstände sind, wie regelmäßig, wie geballt, und ob der nächste Kauf überfällig ist",
		"hvor lange mellemrummene er, hvor regelmæssige, hvor klumpede, og om det næste køb er forsinket",
		"hoe lang de tussenpozen zijn, hoe regelmatig, hoe geklonterd, en of de volgende te laat is",
	}},
	{"timing", [4]string{"timing", "Zeitpunkt", "tidspunkt", "tijdstip"}, [4]string{
		"at which time of day, of the week and of the month somebody buys",
		"zu welcher Tageszeit, an welchem Wochentag und wann im Monat jemand kauft",
		"på hvilket tidspunkt af dagen, ugen og måneden nogen køber",
		"op welk moment van de dag, de week en de maand iemand koopt",
	}},
	{"occasion", [4]string{"universal occasions", "allgemeine Anlässe", "fælles anledninger", "algemene gelegenheden"}, [4]string{
		"Christmas, Mother's Day, sales days: what is bought for the feasts that everybody shares",
		"Weihnachten, Muttertag, Aktionstage: was zu den Festen gekauft wird, die alle teilen",
		"jul, mors dag, udsalgsdage: hvad der købes til de højtider, som alle deler",
		"Kerstmis, Moederdag, koopjesdagen: wat gekocht wordt voor de feesten die iedereen deelt",
	}},
	{"ritual", [4]string{"recurring personal occasions", "wiederkehrende persönliche Anlässe", "tilbagevendende personlige anledninger", "terugkerende persoonlijke gelegenheden"}, [4]string{
		"a rhythm of one's own: every Friday, every payday, the same week each year",
		"ein eigener Rhythmus: jeden Freitag, jeden Zahltag, dieselbe Woche jedes Jahr",
		"en egen rytme: hver fredag, hver lønningsdag, samme uge hvert år",
		"een eigen ritme: elke vrijdag, elke betaaldag, dezelfde week elk jaar",
	}},
	{"rare", [4]string{"rare personal occasions", "seltene persönliche Anlässe", "sjældne personlige anledninger", "zeldzame persoonlijke gelegenheden"}, [4]string{
		"purchases unlike the customer's own past: a wedding, a move, a large order once",
		"Käufe, die zur eigenen Vergangenheit nicht passen: eine Hochzeit, ein Umzug, einmal eine große Bestellung",
		"køb ulig kundens egen fortid: et bryllup, en flytning, en enkelt stor ordre",
		"aankopen die niet op het eigen verleden lijken: een bruiloft, een verhuizing, één grote bestelling",
	}},
	{"benefits", [4]string{"benefits sought", "gesuchter Nutzen", "søgte fordele", "gezochte voordelen"}, [4]string{
		"which categories, brands and price tiers the money goes to, relative to what was on offer",
		"in welche Kategorien, Marken und Preisklassen das Geld geht, gemessen am Angebot",
		"hvilke kategorier, mærker og prisklasser pengene går til i forhold til udbuddet",
		"naar welke categorieën, merken en prijsklassen het geld gaat, gemeten aan het aanbod",
	}},
	{"deals", [4]string{"price and deal response", "Preis- und Aktionsneigung", "pris- og tilbudsfølsomhed", "prijs- en aanbiedingsgevoeligheid"}, [4]string{
		"how much is bought at a discount, with coupons and when the price is low",
		"wie viel mit Rabatt, mit Gutschein und bei niedrigem Preis gekauft wird",
		"hvor meget der købes med rabat, med kupon og når prisen er lav",
		"hoeveel er met korting, met een bon en bij een lage prijs gekocht wordt",
	}},
	{"themes", [4]string{"product themes", "Produktthemen", "produkttemaer", "productthema's"}, [4]string{
		"what the descriptions of the bought items have in common: a proxy for benefits, not a benefit",
		"was die Beschreibungen der gekauften Artikel verbindet: ein Stellvertreter für Nutzen, kein Nutzen",
		"hvad beskrivelserne af de købte varer har til fælles: en stedfortræder for fordele, ikke en fordel",
		"wat de omschrijvingen van de gekochte artikelen gemeen hebben: een benadering van voordelen, geen voordeel",
	}},
	{"usage", [4]string{"heavy, medium and light buyers", "Viel-, Mittel- und Wenigkäufer", "stor-, mellem- og småkøbere", "grote, middelgrote en kleine kopers"}, [4]string{
		"the volume bought per month, fair to those who came late",
		"die Menge je Monat, gerecht gegenüber später Gekommenen",
		"mængden pr. måned, retfærdigt over for dem, der kom sent",
		"het volume per maand, eerlijk voor wie later kwam",
	}},
	{"product_use", [4]string{"product use", "Nutzung des Produkts", "brug af produktet", "gebruik van het product"}, [4]string{
		"how often, how recently and how broadly the product itself is used",
		"wie oft, wie kürzlich und wie breit das Produkt selbst genutzt wird",
		"hvor ofte, hvor nyligt og hvor bredt selve produktet bruges",
		"hoe vaak, hoe recent en hoe breed het product zelf gebruikt wordt",
	}},
	{"journey", [4]string{"journey stage", "Phase der Kundenreise", "fase i kunderejsen", "fase van de klantreis"}, [4]string{
		"where a customer stands between the first look and loyalty, and since when",
		"wo ein Kunde zwischen dem ersten Blick und der Treue steht, und seit wann",
		"hvor en kunde står mellem det første kig og loyalitet, og siden hvornår",
		"waar een klant staat tussen de eerste blik en trouw, en sinds wanneer",
	}},
	{"path", [4]string{"path to purchase", "Weg zum Kauf", "vejen til køb", "pad naar aankoop"}, [4]string{
		"which steps follow which, and whether they look like those of buyers",
		"welche Schritte aufeinander folgen, und ob sie denen von Käufern gleichen",
		"hvilke trin der følger på hvilke, og om de ligner købernes",
		"welke stappen op elkaar volgen, en of ze op die van kopers lijken",
	}},
	{"satisfaction", [4]string{"satisfaction", "Zufriedenheit", "tilfredshed", "tevredenheid"}, [4]string{
		"ratings, returns, complaints and delays",
		"Bewertungen, Rückgaben, Beschwerden und Verspätungen",
		"vurderinger, returneringer, klager og forsinkelser",
		"beoordelingen, retouren, klachten en vertragingen",
	}},
	{"loyalty", [4]string{"loyalty", "Treue", "loyalitet", "trouw"}, [4]string{
		"how much of the category's needs go to the same brands, again and again, at full price",
		"wie viel des Bedarfs an dieselben Marken geht, immer wieder und zum vollen Preis",
		"hvor meget af behovet der går til de samme mærker, igen og igen, til fuld pris",
		"hoeveel van de behoefte naar dezelfde merken gaat, steeds weer, tegen de volle prijs",
	}},
	{"interests", [4]string{"interests", "Interessen", "interesser", "interesses"}, [4]string{
		"what somebody looks at, wishes for, puts into the cart and buys, the recent counting more",
		"was jemand ansieht, sich wünscht, in den Korb legt und kauft, Neueres zählt mehr",
		"hvad nogen ser på, ønsker sig, lægger i kurven og køber; det nyeste tæller mest",
		"wat iemand bekijkt, wenst, in de mand legt en koopt; het recente telt zwaarder",
	}},
	{"tastes", [4]string{"related interests", "verwandte Interessen", "beslægtede interesser", "verwante interesses"}, [4]string{
		"a place among items that are bought together",
		"ein Ort unter Artikeln, die zusammen gekauft werden",
		"en plads blandt varer, der købes sammen",
		"een plaats tussen artikelen die samen gekocht worden",
	}},
	{"programme", [4]string{"loyalty programme", "Treueprogramm", "loyalitetsprogram", "loyaliteitsprogramma"}, [4]string{
		"points earned, redeemed and lost, and how near the next reward is",
		"gesammelte, eingelöste und verfallene Punkte, und wie nah die nächste Prämie ist",
		"optjente, indløste og udløbne point, og hvor tæt den næste præmie er",
		"gespaarde, ingewisselde en verlopen punten, en hoe dichtbij de volgende beloning is",
	}},
	{"trend", [4]string{"trend of value", "Wertentwicklung", "værdiens udvikling", "ontwikkeling van de waarde"}, [4]string{
		"whether spending rises or falls, and how sure that is",
		"ob die Ausgaben steigen oder fallen, und wie sicher das ist",
		"om forbruget stiger eller falder, og hvor sikkert det er",
		"of de uitgaven stijgen of dalen, en hoe zeker dat is",
	}},
	{"churn", [4]string{"churn risk", "Abwanderungsrisiko", "frafaldsrisiko", "verlooprisico"}, [4]string{
		"how likely another purchase is after the present silence",
		"wie wahrscheinlich nach der jetzigen Stille noch ein Kauf ist",
		"hvor sandsynligt endnu et køb er efter den nuværende stilhed",
		"hoe waarschijnlijk nog een aankoop is na de huidige stilte",
	}},
	{"campaign", [4]string{"campaign response", "Kampagnenreaktion", "kampagnerespons", "campagnerespons"}, [4]string{
		"whether messages are opened, clicked and followed by a purchase, and when they tire",
		"ob Nachrichten geöffnet, angeklickt und von einem Kauf gefolgt werden, und wann sie ermüden",
		"om beskeder åbnes, klikkes og følges af et køb, og hvornår de trætter",
		"of berichten geopend, aangeklikt en door een aankoop gevolgd worden, en wanneer ze vermoeien",
	}},
	{"channel", [4]string{"channel", "Kanal", "kanal", "kanaal"}, [4]string{
		"where somebody buys and answers, relative to where they were approached",
		"wo jemand kauft und antwortet, gemessen daran, wo er angesprochen wurde",
		"hvor nogen køber og svarer i forhold til, hvor de blev kontaktet",
		"waar iemand koopt en reageert, gemeten aan waar die benaderd werd",
	}},
	{"referral", [4]string{"referrals", "Empfehlungen", "anbefalinger", "aanbevelingen"}, [4]string{
		"whom a customer brought in",
		"wen ein Kunde geworben hat",
		"hvem en kunde har skaffet",
		"wie een klant aanbracht",
	}},
	{"stated", [4]string{"stated answers", "Befragungsantworten", "udtalte svar", "gegeven antwoorden"}, [4]string{
		"what people say in a survey, as against what they do",
		"was Menschen in einer Befragung sagen, im Unterschied zu dem, was sie tun",
		"hvad folk siger i en undersøgelse, modsat hvad de gør",
		"wat mensen in een enquête zeggen, tegenover wat ze doen",
	}},
	{"descriptors", [4]string{"descriptors", "beschreibende Merkmale", "beskrivende kendetegn", "beschrijvende kenmerken"}, [4]string{
		"who people are (age, region, firm): to describe segments, not to make them",
		"wer Menschen sind (Alter, Region, Firma): um Segmente zu beschreiben, nicht um sie zu bilden",
		"hvem folk er (alder, region, firma): til at beskrive segmenter, ikke til at danne dem",
		"wie mensen zijn (leeftijd, regio, bedrijf): om segmenten te beschrijven, niet om ze te vormen",
	}},
}

// Translate returns the extractor's name and sentence in a language of Languages; ok
// is false for an unknown language or extractor.
func Translate(extractor, language string) (name, text string, ok bool) {
	l := slices.Index(Languages(), language)
	i := slices.IndexFunc(glossary, func(t term) bool { return t.extractor == extractor })
	if l < 0 || i < 0 {
		return "", "", false
	}
	return glossary[i].name[l], glossary[i].text[l], true
}

// WriteGlossary writes what every registered extractor measures, in a language of
// Languages, one paragraph each.
func WriteGlossary(w io.Writer, language string) error {
	for _, e := range Extractors() {
		name, text, ok := Translate(e.Name, language)
		if !ok {
			return fmt.Errorf("%s has no entry in %q (languages: %v)", e.Name, language, Languages())
		}
		if _, err := fmt.Fprintf(w, "  %-13s %s: %s\n", e.Name, name, text); err != nil {
			return err
		}
	}
	return nil
}
