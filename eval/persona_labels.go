package eval

// personaLabels are the words of names in German, Danish and Dutch, as labels that need no
// grammar: "lange nicht gekauft, kleiner Einkauf".
var personaLabels = map[string][3]string{
	"Christmas": {"zu Weihnachten", "til jul", "rond Kerstmis"}, "Easter": {"zu Ostern", "til påske", "rond Pasen"},
	"Ramadan and Eid": {"zu Ramadan und Eid", "til ramadan og eid", "rond ramadan en Eid"},
	"about-to-buy":    {"kurz vor dem Kauf", "lige ved at købe", "op het punt te kopen"},
	"active":          {"aktiv", "aktiv", "actief"}, "advocates": {"empfiehlt weiter", "anbefaler videre", "beveelt aan"},
	"anniversary": {"an Jahrestagen", "på årsdage", "op jaardagen"}, "any-day": {"an jedem Tag", "alle dage", "op elke dag"},
	"any-hour": {"zu jeder Stunde", "på alle tider", "op elk uur"}, "autumn": {"im Herbst", "om efteråret", "in de herfst"},
	"bargain hunters":   {"Schnäppchenjäger", "tilbudsjægere", "koopjesjagers"},
	"big-basket buyers": {"großer Einkauf", "store indkøb", "grote aankopen"}, "big-basket": {"großer Warenkorb", "stor kurv", "grote winkelmand"},
	"brand-loyal": {"markentreu", "mærketro", "merktrouw"}, "brand-switching": {"wechselt die Marke", "skifter mærke", "wisselt van merk"},
	"broad-interest": {"vielseitig interessiert", "brede interesser", "brede interesse"}, "broad-range": {"breites Sortiment", "bredt sortiment", "breed assortiment"},
	"browsers": {"stöbert", "kigger rundt", "bladert"}, "budget": {"günstig", "billigt", "voordelig"}, "bulk": {"große Mengen", "store mængder", "grote hoeveelheden"},
	"bursty": {"in Schüben", "i stød", "in vlagen"}, "campaign-resistant": {"reagiert kaum auf Kampagnen", "reagerer lidt på kampagner", "reageert nauwelijks op campagnes"},
	"campaign-responsive": {"reagiert auf Kampagnen", "reagerer på kampagner", "reageert op campagnes"},
	"cart-abandoning":     {"lässt Warenkörbe stehen", "forlader kurve", "laat winkelmanden achter"}, "cart-editing": {"ändert den Warenkorb", "ændrer kurven", "wijzigt de winkelmand"},
	"checkout-abandoning": {"bricht an der Kasse ab", "afbryder ved betaling", "haakt af bij afrekenen"},
	"checkout-struggling": {"hat Mühe an der Kasse", "har besvær ved betaling", "heeft moeite met afrekenen"},
	"comparing":           {"vergleicht", "sammenligner", "vergelijkt"}, "complaining": {"beschwert sich", "klager", "klaagt"},
	"coupon users": {"nutzt Coupons", "bruger kuponer", "gebruikt coupons"}, "daytime": {"tagsüber", "om dagen", "overdag"},
	"deal seekers": {"sucht Angebote", "søger tilbud", "zoekt aanbiedingen"}, "decisive": {"entschlossen", "beslutsom", "besluitvaardig"},
	"declining": {"rückläufig", "faldende", "dalend"}, "deliberate": {"überlegt", "eftertænksom", "weloverwogen"},
	"disengaged": {"wenig engagiert", "lidt engageret", "weinig betrokken"}, "dissatisfied": {"unzufrieden", "utilfreds", "ontevreden"},
	"early-redeeming": {"löst früh ein", "indløser tidligt", "verzilvert vroeg"}, "engaged": {"engagiert", "engageret", "betrokken"},
	"erratic": {"sprunghaft", "springende", "grillig"}, "everyday": {"an gewöhnlichen Tagen", "på almindelige dage", "op gewone dagen"},
	"exploring": {"entdeckt Neues", "udforsker", "verkent"}, "fading": {"schwindet", "på vej væk", "vervagend"},
	"fast-paced": {"in schneller Folge", "i hurtig takt", "in snel tempo"}, "feast-day": {"an Festtagen", "på festdage", "op feestdagen"},
	"few-item": {"wenige Artikel", "få varer", "weinig artikelen"}, "fixed-day": {"an festen Tagen", "på faste dage", "op vaste dagen"},
	"fixed-hour": {"zu festen Stunden", "på faste tider", "op vaste uren"}, "fixed-price": {"gleichbleibende Preislage", "fast prisniveau", "vast prijsniveau"},
	"fortnightly": {"alle zwei Wochen", "hver anden uge", "om de week"}, "four-weekly": {"alle vier Wochen", "hver fjerde uge", "om de vier weken"},
	"frequent returners": {"schickt oft zurück", "returnerer ofte", "stuurt vaak terug"}, "frequent": {"kauft häufig", "køber ofte", "koopt vaak"},
	"full-price buyers": {"zum vollen Preis", "til fuld pris", "voor de volle prijs"}, "gift-day": {"an Geschenktagen", "på gavedage", "op cadeaudagen"},
	"gifters": {"schenkt", "giver gaver", "geeft cadeaus"}, "growing": {"wachsend", "voksende", "groeiend"}, "hesitant": {"zögerlich", "tøvende", "aarzelend"},
	"high spenders": {"hohe Ausgaben", "højt forbrug", "hoge bestedingen"}, "high-value customers": {"hoher Wert", "høj værdi", "hoge waarde"},
	"idle": {"ungenutzt", "inaktiv brug", "ongebruikt"}, "irregular": {"unregelmäßig", "uregelmæssig", "onregelmatig"},
	"lapsed": {"lange nicht gekauft", "længe siden sidste køb", "lang niet gekocht"}, "late-night": {"nachts", "om natten", "'s nachts"},
	"late-redeeming": {"löst spät ein", "indløser sent", "verzilvert laat"}, "late-served": {"spät beliefert", "sent leveret", "laat beleverd"},
	"light buyers": {"geringe Ausgaben", "lavt forbrug", "lage bestedingen"}, "long-standing": {"langjährig", "mangeårig", "langdurig klant"},
	"low-value customers": {"geringer Wert", "lav værdi", "lage waarde"}, "mail-clicking": {"klickt in Nachrichten", "klikker i beskeder", "klikt in berichten"},
	"mail-ignoring": {"übergeht Nachrichten", "overser beskeder", "negeert berichten"}, "mail-opening": {"öffnet Nachrichten", "åbner beskeder", "opent berichten"},
	"many-benefit": {"vielerlei Nutzen", "mange fordele", "veel voordelen"}, "message-weary": {"nachrichtenmüde", "træt af beskeder", "berichtenmoe"},
	"mid-price": {"mittlere Preislage", "mellempris", "middenprijs"}, "mixed-price": {"wechselnde Preislage", "skiftende prisniveau", "wisselend prijsniveau"},
	"multichannel": {"auf mehreren Kanälen", "på flere kanaler", "via meerdere kanalen"}, "named-brand": {"Markenartikel", "mærkevarer", "A-merken"},
	"narrow-interest": {"enge Interessen", "smalle interesser", "smalle interesse"}, "narrow-range": {"enges Sortiment", "smalt sortiment", "smal assortiment"},
	"new": {"neu", "ny", "nieuw"}, "occasional": {"kauft selten", "køber sjældent", "koopt zelden"}, "odd-day": {"an anderen Tagen", "på andre dage", "op andere dagen"},
	"odd-hour": {"zu anderen Stunden", "på andre tider", "op andere uren"}, "offer-redeeming": {"löst Angebote ein", "indløser tilbud", "verzilvert aanbiedingen"},
	"often-using": {"nutzt oft", "bruger ofte", "gebruikt vaak"}, "often-visiting": {"kommt oft", "kommer ofte", "komt vaak"},
	"on-and-off": {"mit Unterbrechungen", "fra og til", "met onderbrekingen"}, "on-time": {"im gewohnten Takt", "i vanlig takt", "in het gewone ritme"},
	"one-channel": {"auf einem Kanal", "på én kanal", "via één kanaal"}, "one-stop": {"alles auf einmal", "alt på én gang", "alles in één keer"},
	"opted-out": {"abgemeldet", "frameldt", "afgemeld"}, "order-splitting": {"teilt Bestellungen", "deler ordrer", "splitst bestellingen"},
	"overdue": {"überfällig", "forsinket", "over tijd"}, "own-label": {"Eigenmarken", "egne mærker", "huismerken"}, "payday": {"um den Zahltag", "omkring lønningsdag", "rond betaaldag"},
	"phase-wise": {"in Phasen", "i faser", "in fasen"}, "points-earning": {"sammelt Punkte", "optjener point", "spaart punten"},
	"points-forgetting": {"lässt Punkte verfallen", "glemmer point", "vergeet punten"}, "points-redeeming": {"löst Punkte ein", "indløser point", "verzilvert punten"},
	"points-saving": {"hortet Punkte", "gemmer point", "bewaart punten"}, "premium": {"gehobene Preislage", "højt prisniveau", "hoog prijsniveau"},
	"price-indifferent": {"preisunempfindlich", "prisufølsom", "prijsongevoelig"}, "price-watching": {"achtet auf Preise", "holder øje med prisen", "let op prijzen"},
	"public-holiday": {"um Feiertage", "omkring helligdage", "rond feestdagen"}, "purposeful": {"zielstrebig", "målrettet", "doelgericht"},
	"quarterly": {"vierteljährlich", "kvartalsvis", "per kwartaal"}, "quick-deciding": {"entscheidet schnell", "beslutter hurtigt", "beslist snel"},
	"quickening": {"wird schneller", "hurtigere", "versnellend"}, "rarely visiting": {"kommt selten", "kommer sjældent", "komt zelden"},
	"rarely-using": {"nutzt selten", "bruger sjældent", "gebruikt zelden"}, "recent": {"kürzlich gekauft", "købt for nylig", "onlangs gekocht"},
	"referred": {"empfohlen", "anbefalet", "aangebracht"}, "regular": {"regelmäßig", "regelmæssig", "regelmatig"}, "same-date": {"am selben Monatstag", "på samme dato", "op dezelfde datum"},
	"same-hour": {"zur selben Stunde", "på samme tid", "op hetzelfde uur"}, "same-weekday": {"am selben Wochentag", "på samme ugedag", "op dezelfde weekdag"},
	"satisfied": {"zufrieden", "tilfreds", "tevreden"}, "searching": {"sucht", "søger", "zoekt"}, "service-seeking": {"sucht den Service", "søger service", "zoekt de service"},
	"shopping-day": {"an Einkaufstagen", "på shoppingdage", "op koopdagen"}, "single-benefit": {"ein Nutzen", "én fordel", "één voordeel"},
	"single-category": {"eine Kategorie", "én kategori", "één categorie"}, "slow-deciding": {"entscheidet langsam", "beslutter langsomt", "beslist langzaam"},
	"slow-paced": {"in langsamer Folge", "i langsom takt", "in langzaam tempo"}, "slowing": {"wird langsamer", "langsommere", "vertragend"},
	"small-basket buyers": {"kleiner Einkauf", "små indkøb", "kleine aankopen"}, "small-basket": {"kleiner Warenkorb", "lille kurv", "kleine winkelmand"},
	"souring": {"wird unzufriedener", "mindre tilfreds", "ontevredener"}, "steady": {"stetig", "stabil", "gestaag"}, "summer": {"im Sommer", "om sommeren", "in de zomer"},
	"wandering": {"schweift umher", "flakker", "dwaalt"}, "warming": {"wird zufriedener", "mere tilfreds", "tevredener"}, "weekday": {"wochentags", "på hverdage", "doordeweeks"},
	"weekend": {"am Wochenende", "i weekenden", "in het weekend"}, "weekly": {"wöchentlich", "ugentlig", "wekelijks"},
	"window shoppers": {"schaut nur", "kigger kun", "kijkt alleen"}, "yearly": {"jährlich", "årlig", "jaarlijks"},
	"early-morning": {"am frühen Morgen", "tidligt om morgenen", "vroeg in de ochtend"}, "evening": {"abends", "om aftenen", "'s avonds"},
	"": {"typische Kunden", "typiske kunder", "typische klanten"},
}

// personaDays are the days of the week, from Monday, and personaMonths the months.
var (
	personaDays = [4][7]string{
		{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
		{"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"},
		{"mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"},
		{"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"},
	}
	personaMonths = [4][12]string{
		{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		{"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"},
		{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	}
	personaClocks = map[string][4]string{
		"hour":          {"buys mostly around %s", "kauft meist gegen %s", "køber mest omkring %s", "koopt meestal rond %s"},
		"campaign_hour": {"opens messages mostly around %s", "öffnet Nachrichten meist gegen %s", "åbner mest beskeder omkring %s", "opent berichten meestal rond %s"},
		"weekday":       {"buys mostly around %s", "kauft meist um den %s", "køber mest omkring %s", "koopt meestal rond %s"},
		"month_day":     {"buys mostly around the %s of the month", "kauft meist %s des Monats", "køber mest i månedens %s", "koopt meestal %s de maand"},
		"season":        {"buys mostly around %s", "kauft meist um den %s", "køber mest omkring %s", "koopt meestal rond %s"},
	}
	personaParts = [4][3]string{
		{"beginning", "middle", "end"},
		{"zu Beginn", "in der Mitte", "am Ende"},
		{"begyndelse", "midte", "slutning"},
		{"begin van", "midden in", "eind van"},
	}
	personaNever  = [4]string{"at no time in particular", "zu keiner bestimmten Zeit", "på intet bestemt tidspunkt", "op geen bepaald moment"}
	personaOthers = [4]string{"others", "andere:", "andre:", "anderen:"}
	personaHours  = [4]string{"%d h", "%d Uhr", "kl. %d", "%d uur"}
	personaSpans  = [4]string{"%d to %d h", "%d–%d Uhr", "kl. %d–%d", "%d–%d uur"}
)
