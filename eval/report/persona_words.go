package report

// personaText is the cards' own words, in the order of features.Languages.
var personaText = map[string][4]string{
	"title":     {"Personas", "Personas", "Personaer", "Persona's"},
	"customers": {"customers", "Kunden", "kunder", "klanten"},
	"revenue":   {"revenue", "Umsatz", "omsætning", "omzet"},
	"each":      {"per customer", "je Kunde", "pr. kunde", "per klant"},
	"segment":   {"Segment", "Segment", "Segment", "Segment"},
	"who": {
		"Customer %s is typical of them",
		"Kunde %s ist typisch für sie",
		"Kunde %s er typisk for dem",
		"Klant %s is typerend voor hen",
	},
	"behaviour": {
		"What sets them apart (on average)",
		"Was sie unterscheidet (im Durchschnitt)",
		"Hvad der adskiller dem (i gennemsnit)",
		"Wat hen onderscheidt (gemiddeld)",
	},
	"trend":   {"Trend", "Trend", "Trend", "Trend"},
	"when":    {"When", "Wann", "Hvornår", "Wanneer"},
	"channel": {"Channel", "Kanal", "Kanal", "Kanaal"},
	"themes":  {"Themes", "Themen", "Temaer", "Thema's"},
	"items":   {"Products", "Produkte", "Produkter", "Producten"},
	"rule":    {"Rule", "Regel", "Regel", "Regel"},
	"examples": {
		"Examples",
		"Beispiele",
		"Eksempler",
		"Voorbeelden",
	},
	"all": {
		"everyone",
		"alle",
		"alle",
		"iedereen",
	},
	"needlog": {"give the log (--log) for trend, time, channel and themes", "mit dem Log (--log): Trend, Zeit, Kanal, Themen", "giv loggen (--log) for trend, tid, kanal og temaer", "geef het logboek (--log) voor trend, tijd, kanaal en thema's"},
	"untold":  {"the log does not tell", "sagt das Log nicht", "loggen fortæller det ikke", "het logboek zegt het niet"},
	"trendtext": {
		"%s in the second half of the period against the first: %s (with 95 %% certainty %s to %s; all customers %s). Bought in the first half: %s, in the second: %s, of %s customers",
		"%s in der zweiten Hälfte des Zeitraums gegenüber der ersten: %s (mit 95 %% Sicherheit %s bis %s; alle Kunden %s). In der ersten Hälfte kauften %s, in der zweiten %s von %s Kunden",
		"%s i anden halvdel af perioden i forhold til første: %s (med 95 %% sikkerhed %s til %s; alle kunder %s). I første halvdel købte %s, i anden %s af %s kunder",
		"%s in de tweede helft van de periode ten opzichte van de eerste: %s (met 95%% zekerheid %s tot %s; alle klanten %s). In de eerste helft kochten %s, in de tweede %s van %s klanten",
	},
	"anyday":    {"no preferred weekday", "kein bevorzugter Wochentag", "ingen foretrukken ugedag", "geen voorkeursdag"},
	"anyhour":   {"no preferred hour", "keine bevorzugte Stunde", "intet foretrukket tidspunkt", "geen voorkeursuur"},
	"ofdays":    {"%s (%s of their purchase days)", "%s (%s ihrer Kauftage)", "%s (%s af deres købsdage)", "%s (%s van hun koopdagen)"},
	"spending":  {"Spending", "Ausgaben", "Forbrug", "Bestedingen"},
	"purchases": {"Purchases", "Käufe", "Køb", "Aankopen"},
	"times":     {"%s (%s times as often as everyone)", "%s (%s-mal so oft wie alle)", "%s (%s gange så ofte som alle)", "%s (%s keer zo vaak als iedereen)"},
	"none": {
		"no short rule describes them well enough",
		"keine kurze Regel beschreibt sie gut genug",
		"ingen kort regel beskriver dem godt nok",
		"geen korte regel beschrijft hen goed genoeg",
	},
	"found": {
		"(of those it picks out, %s belong here; it picks out %s of the segment; counted on %s other customers)",
		"(von denen, die sie trifft, gehören %s hierher; sie trifft %s des Segments; gezählt an %s anderen Kunden)",
		"(af dem, den rammer, hører %s til her; den rammer %s af segmentet; talt på %s andre kunder)",
		"(van wie zij aanwijst, hoort %s hier; zij wijst %s van het segment aan; geteld bij %s andere klanten)",
	},
	"left": {"Not shown: segment %d, %s (%s customers).", "Nicht gezeigt: Segment %d, %s (%s Kunden).", "Ikke vist: segment %d, %s (%s kunder).", "Niet getoond: segment %d, %s (%s klanten)."},
	"few": {
		"This segmentation has no more than %d segments; --run shows another.", "Diese Segmentierung hat nicht mehr als %d Segmente; --run zeigt eine andere.",
		"Denne segmentering har ikke flere end %d segmenter; --run viser en anden.", "Deze segmentatie heeft niet meer dan %d segmenten; --run toont een andere.",
	},
	"asall": {
		"much what everyone buys", "weitgehend dasselbe wie alle", "stort set det samme som alle", "grotendeels hetzelfde als iedereen",
	},
	"mostvalue": {
		"Shown are the %d segments with most revenue, of %d.", "Gezeigt sind die %d umsatzstärksten von %d Segmenten.",
		"Vist er de %d segmenter med størst omsætning ud af %d.", "Getoond zijn de %d segmenten met de meeste omzet van de %d.",
	},
	"mostcustomers": {
		"Shown are the %d segments with most customers, of %d.", "Gezeigt sind die %d größten von %d Segmenten.",
		"Vist er de %d største segmenter ud af %d.", "Getoond zijn de %d grootste van de %d segmenten.",
	},
	"note": {
		"The customers named are real ones, the most typical of their segment, never an average; names of segments are rules of thumb.",
		"Die genannten Kunden sind echte, die typischsten ihres Segments, nie ein Durchschnitt; die Namen der Segmente sind Faustregeln.",
		"De nævnte kunder er rigtige, de mest typiske for deres segment, aldrig et gennemsnit; segmenternes navne er tommelfingerregler.",
		"De genoemde klanten zijn echte, de meest typische van hun segment, nooit een gemiddelde; namen van segmenten zijn vuistregels.",
	},
	"simulated": {"simulated data", "simulierte Daten", "simulerede data", "gesimuleerde gegevens"},
}
