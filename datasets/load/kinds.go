package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/digits"
)

// kindWords are the words of shops, analytics and mailing tools for the kinds,
// folded, in English, German, Danish and Dutch. What is not here becomes a view, aloud.
var kindWords = map[datasets.Kind][]string{
	datasets.Purchase:      {"purchase", "purchased", "buy", "bought", "order", "ordered", "ordercompleted", "ordercomplete", "orderplaced", "placedorder", "transaction", "sale", "sold", "checkoutcomplete", "checkoutcompleted", "paymentsuccess", "paymentdone", "paid", "invoice", "kauf", "completedpurchase", "ecommercepurchase", "inapppurchase", "koop", "aankoop", "bestelling", "gekocht", "køb", "koeb", "ordre", "bestilling", "bestellung", "gekauft", "checkoutsuccess", "orderpaid", "ordersuccess", "addpurchase"},
	datasets.Return:        {"return", "returned", "refund", "refunded", "cancel", "cancelled", "canceled", "cancellation", "chargeback", "orderrefunded", "ordercancelled", "retoure", "creditnote", "retour", "geretourneerd", "terugbetaling", "returnering", "returneret", "refundering", "storno", "rückgabe", "rueckgabe", "rücksendung", "gutschrift", "erstattung", "annulering", "annullering", "productreturned"},
	datasets.View:          {"view", "viewed", "productview", "viewproduct", "viewitem", "itemview", "pageview", "page", "screenview", "detail", "productdetail", "viewcontent", "viewitemlist", "catalog", "home", "promopage", "reviewpage", "click", "productclick", "selectitem", "compare", "filterresults", "accountpage", "impression", "pv", "bekeken", "weergave", "visning", "vist", "ansicht", "angesehen", "seitenaufruf", "paginaweergave", "sidevisning", "viewcart", "cartviewed", "viewcategory", "viewpromotion", "productimpression", "contentview"},
	datasets.Search:        {"search", "searched", "searchresults", "viewsearchresults", "query", "sitesearch", "suche", "gesucht", "zoeken", "gezocht", "zoekopdracht", "søgning", "soegning", "productssearched", "internalsearch"},
	datasets.CartAdd:       {"addtocart", "cartadd", "addedtocart", "productadded", "add", "addcart", "addtobasket", "basketadd", "indenwarenkorb", "warenkorb", "hinzugefügt", "inwinkelwagen", "toegevoegd", "lagtikurv", "tilføjtilkurv", "tilfoejtilkurv", "carted", "producttocart", "atc"},
	datasets.CartRemove:    {"removefromcart", "cartremove", "removedfromcart", "productremoved", "remove", "removefrombasket", "ausdemwarenkorb", "entfernt", "verwijderd", "uitwinkelwagen", "fjernet", "fjernfrakurv", "deletefromcart", "cartdelete"},
	datasets.Checkout:      {"checkout", "begincheckout", "checkoutstarted", "startcheckout", "initiatecheckout", "checkoutstart", "shippingdetails", "paymentdetails", "addshippinginfo", "addpaymentinfo", "checkoutstep", "checkoutprogress", "deliverychoice", "paymentchoice", "kasse", "zurkasse", "afrekenen", "tilkassen", "betaling", "checkoutstepviewed", "checkoutstepcompleted", "paymentinfoentered", "addedpaymentinfo", "paymenterror", "paymentfailed", "paymentattempt"},
	datasets.Wishlist:      {"wishlist", "wishlistadd", "addtowishlist", "favorite", "favourite", "fav", "like", "save", "wunschzettel", "merkzettel", "merkliste", "verlanglijst", "verlanglijstje", "favoriet", "ønskeliste", "oenskeliste", "favorit", "addtofavorites", "favourited", "favorited", "productaddedtowishlist"},
	datasets.Use:           {"use", "used", "usage", "play", "stream", "listen", "watch", "openapp", "appopen", "nutzung", "genutzt", "gebruik", "gebruikt", "brug", "brugt", "activate", "activation", "featureused", "listened", "watched", "played"},
	datasets.Visit:         {"visit", "sessionstart", "login", "firstvisit", "visited", "checkin", "besuch", "bezoek", "besøg", "besoeg", "anmeldung", "inloggen", "logind", "logout", "signin", "storevisit", "appstart"},
	datasets.Rating:        {"rating", "rate", "rated", "review", "reviewsubmitted", "reviewed", "submitreview", "bewertung", "bewertet", "beoordeling", "beoordeeld", "recensie", "anmeldelse", "bedømmelse", "stars", "nps", "productreviewed", "feedback"},
	datasets.SurveyAnswer:  {"surveyanswer", "survey", "surveycompleted", "surveyresponse", "umfrage", "fragebogen", "enquête", "enquete", "vragenlijst", "spørgeskema", "spoergeskema", "undersøgelse", "surveyresponded", "questionnaire", "answer"},
	datasets.Complaint:     {"complaint", "complain", "complained", "reclamation", "beschwerde", "klacht", "klage", "klaget", "reklamation", "reclamatie", "complaintfiled", "grievance"},
	datasets.Contact:       {"contact", "supportchat", "support", "call", "supportticket", "ticket", "chat", "contactus", "helpdesk", "kontakt", "anruf", "anfrage", "vraag", "henvendelse", "opkald", "kundeservice", "klantenservice", "kundendienst", "supportcontact", "livechat", "emailtosupport", "inquiry", "enquiry"},
	datasets.CampaignSent:  {"campaignsent", "sent", "emailsent", "mailsent", "sendemail", "receivedemail", "smssent", "pushsent", "send", "offerreceived", "versendet", "verschickt", "verzonden", "verstuurd", "sendt", "mailing", "newsletter", "campaigndelivered", "emaildelivered", "pushdelivered"},
	datasets.CampaignOpen:  {"campaignopen", "open", "opened", "emailopen", "emailopened", "openedemail", "offerviewed", "geöffnet", "geoeffnet", "geopend", "åbnet", "aabnet", "emailopens", "pushopened", "smsopened"},
	datasets.CampaignClick: {"campaignclick", "emailclick", "emailclicked", "clickedemail", "linkclick", "geklickt", "geklikt", "klik", "klikket", "klick", "clickthrough", "emailclicks", "pushclicked", "adclick", "clickedlink"},
	datasets.OptOut:        {"optout", "unsubscribe", "unsubscribed", "abgemeldet", "abbestellt", "abmeldung", "uitgeschreven", "afgemeld", "uitschrijving", "afmeldt", "frameldt", "afmelding", "optedout", "spamreport", "unsub"},
	datasets.Redemption:    {"redemption", "redeem", "redeemed", "couponredeemed", "couponredemption", "offercompleted", "eingelöst", "eingeloest", "einlösung", "ingewisseld", "verzilverd", "inwisseling", "indløst", "indloest", "indløsning", "pointsredeemed", "rewardredeemed", "voucherused", "couponused", "redeempoints", "burn"},
	datasets.PointsEarned:  {"pointsearned", "earn", "earnpoints", "punktegesammelt", "gesammelt", "puntengespaard", "gespaard", "pointoptjent", "optjent", "pointscollected", "earnedpoints", "accrual", "pointsaccrued"},
	datasets.PointsExpired: {"pointsexpired", "expire", "verfallen", "punkteverfallen", "puntenverlopen", "verlopen", "pointudløbet", "udløbet", "udloebet", "expiredpoints", "pointslapsed", "breakage"},
	datasets.Referral:      {"referral", "refer", "invite", "invitefriend", "empfehlung", "empfohlen", "weiterempfehlung", "aanbeveling", "aanbevolen", "anbefaling", "anbefalet", "referred", "refersafriend", "referafriend", "inviteaccepted", "invited", "share"},
	datasets.Delivered:     {"delivered", "delivery", "shipped", "fulfilled", "orderdelivered", "geliefert", "zugestellt", "lieferung", "geleverd", "bezorgd", "levering", "leveret", "shipmentdelivered", "packagedelivered", "orderdeliveredtocustomer"},
}

var kindOfWord = func() map[string]datasets.Kind {
	m := map[string]datasets.Kind{}
	for k, list := range kindWords {
		for _, w := range list {
			m[w] = k
		}
	}
	return m
}()

// guessKinds maps the words of a column to kinds. known counts the rows whose
// word is in the vocabulary, guessed lists the words that are not, most rows first.
func guessKinds(c *column) (kinds map[string]string, known int64, guessed []string) {
	n, _ := c.uses()
	kinds = map[string]string{}
	uses := map[string]int64{}
	adds := false
	for k := 1; k < len(n); k++ {
		if kd, ok := kindOfWord[foldName(c.dict.word(int32(k)))]; ok && kd == datasets.CartAdd {
			adds = true
		}
	}
	for k := 1; k < len(n); k++ {
		w := strings.Clone(c.dict.word(int32(k)))
		fold := foldName(w)
		uses[w] = n[k]
		kd, ok := kindOfWord[fold]
		if fold == "cart" || fold == "basket" {
			// The word for putting something in, unless there is a better one for
			// that: then it is the page.
			kd, ok = datasets.CartAdd, true
			if adds {
				kd = datasets.View
			}
		}
		if ok {
			known += n[k]
			kinds[w] = kd.String()
			continue
		}
		kinds[w] = datasets.View.String()
		guessed = append(guessed, w)
	}
	slices.SortFunc(guessed, func(a, b string) int { return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b)) })
	return kinds, known, guessed
}

// sayKinds lists what became of the words, by kind.
func sayKinds(c *column, kinds map[string]string) string {
	n, _ := c.uses()
	by := map[string][]string{}
	for k := 1; k < len(n); k++ {
		w := c.dict.word(int32(k))
		to := kinds[w]
		if to == "" {
			to = "left out"
		}
		by[to] = append(by[to], fmt.Sprintf("%s (%s)", w, digits.Int(n[k])))
	}
	var out []string
	for _, k := range append(slices.Clone(datasets.KindNames()), "left out") {
		if l := by[k]; len(l) > 0 {
			slices.Sort(l)
			out = append(out, k+": "+strings.Join(l, ", "))
		}
	}
	return strings.Join(out, "; ")
}
