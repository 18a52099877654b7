package datasets

// retailSegment is one planted way of shopping. Every customer of the segment
// has rates and preferences of their own, drawn around the segment's: a gamma
// rate, beta probabilities and Dirichlet preferences. These are the conjugate
// families, so the likelihood of a customer's history under each segment has a
// closed form (retailBayes), and the best possible classifier is known.
type retailSegment struct {
	name  string
	share float64

	// Trips to the till. twice: each week has two chances, each taken with the
	// customer's probability (more regular than chance). Otherwise the trips of a
	// week are Poisson with the customer's rate times the week's season.
	twice        bool
	trips        float64 // a week
	tripsShape   float64 // of the rate's gamma; concentration of the beta if twice
	christmas    float64 // season of the weeks from late November to 24 December
	campaign     float64 // season of the weeks of a campaign
	lapses       bool    // stops at a week between retailLapse[0] and [1]
	joinedBefore float64 // probability of having joined before the window
	joinedFrom   int     // else the week is uniform from here to the end

	weekday  []float64 // Monday first
	daypart  []float64 // of retailDayparts
	channel  []float64 // of retailChannels
	category []float64 // of retailCategories
	habit    float64   // concentration of the Dirichlets of weekday and daypart
	focus    float64   // and of channel and category

	lines    float64 // mean lines of a basket above the first
	discount float64 // probability that a line is bought at a discount
	returns  float64 // that a line comes back
	views    float64 // page views a week
	opens    float64 // probability that a campaign mail is opened
	clicks   float64 // that an opened one is clicked

	age []float64 // of retailAges: a descriptor, not behaviour
}

const (
	retailWeeks      = 78 // 18 months
	retailLinesShape = 2.0
	retailViewsShape = 0.8
	retailBetaSize   = 3.0 // concentration of the beta probabilities
)

var (
	retailLapse    = [2]int{20, 62}
	retailDayparts = [...][2]int{{8, 11}, {11, 14}, {14, 17}, {17, 20}, {20, 23}} // hours [from, to)
	retailChannels = [...]string{"store", "web", "app", "email"}
	retailAges     = [...]string{"18-29", "30-44", "45-59", "60+"}
	retailRegions  = [...]string{"North", "East", "South", "West"}
	// Weeks in which a campaign goes out, on the Tuesday.
	retailCampaigns = [...]int{1, 7, 13, 18, 24, 30, 36, 42, 48, 54, 60, 66, 71, 76}
)

var retailCategories = [...]struct {
	name   string
	brands []string
	price  float64 // typical
	margin float64 // share of the price
}{
	{"groceries", []string{"Daily", "Field & Mill", "Own Label"}, 6, 0.22},
	{"household", []string{"Brightside", "Own Label", "Clara"}, 9, 0.28},
	{"drinks", []string{"Old Quay", "Own Label", "Verde"}, 11, 0.25},
	{"home", []string{"Nordic", "Hearth", "Casa"}, 34, 0.45},
	{"garden", []string{"Greenway", "Hearth"}, 27, 0.40},
	{"fashion", []string{"Lisle", "Marlow", "Atelier 9"}, 42, 0.52},
	{"electronics", []string{"Volt", "Kestrel"}, 68, 0.18},
	{"toys and gifts", []string{"Merriment", "Tinker", "Casa"}, 29, 0.42},
}

// retailSegments overlap on purpose: deal seekers shop at weekends too, gifters
// look lapsed in spring, trialists look like anybody who has just begun.
var retailSegments = []retailSegment{
	{
		name: "weekly grocers", share: 0.24, twice: true, trips: 0.5, tripsShape: 8,
		christmas: 1, campaign: 1, joinedBefore: 0.88, joinedFrom: 0,
		weekday:  shares(5, 4, 5, 5, 4, 2, 1),
		daypart:  shares(2, 1, 2, 7, 3),
		channel:  shares(8, 1, 3, 0.3),
		category: shares(9, 4, 3, 0.7, 0.4, 0.4, 0.2, 0.4), habit: 7, focus: 1.3,
		lines: 0.8, discount: 0.22, returns: 0.01, views: 0.10, opens: 0.25, clicks: 0.2,
		age: shares(1, 3, 3, 3),
	},
	{
		name: "weekend basket fillers", share: 0.19, trips: 0.26, tripsShape: 3.5,
		christmas: 1.6, campaign: 1, joinedBefore: 0.85, joinedFrom: 0,
		weekday:  shares(1, 1, 1, 1.3, 2, 9, 6),
		daypart:  shares(3, 5, 6, 2, 1),
		channel:  shares(8, 2, 1.5, 0.4),
		category: shares(5, 3, 2, 4, 3, 1, 0.6, 1), habit: 7, focus: 1.3,
		lines: 2.0, discount: 0.2, returns: 0.03, views: 0.25, opens: 0.25, clicks: 0.25,
		age: shares(1, 4, 3, 1),
	},
	{
		name: "late-night browsers", share: 0.13, trips: 0.16, tripsShape: 2.5,
		christmas: 1.8, campaign: 1.4, joinedBefore: 0.75, joinedFrom: 0,
		weekday:  shares(3, 3, 3, 3, 2, 2, 4),
		daypart:  shares(0.5, 1, 1, 3, 8),
		channel:  shares(0.6, 6, 6, 1),
		category: shares(0.6, 0.6, 0.6, 2, 0.6, 6, 4, 1), habit: 7, focus: 1.3,
		lines: 0.7, discount: 0.25, returns: 0.14, views: 0.5, opens: 0.3, clicks: 0.4,
		age: shares(5, 3, 1, 0.5),
	},
	{
		name: "Christmas gifters", share: 0.12, trips: 0.03, tripsShape: 3.5,
		christmas: 11, campaign: 1, joinedBefore: 0.85, joinedFrom: 0,
		weekday:  shares(1, 1, 1, 1.2, 2, 4, 2.5),
		daypart:  shares(2, 4, 4, 3, 2),
		channel:  shares(4, 4, 2, 0.5),
		category: shares(0.5, 0.4, 1.5, 3, 0.4, 3, 2, 7), habit: 7, focus: 1.3,
		lines: 1.2, discount: 0.2, returns: 0.05, views: 0.12, opens: 0.2, clicks: 0.25,
		age: shares(1, 2, 3, 3),
	},
	{
		name: "deal seekers", share: 0.15, trips: 0.14, tripsShape: 2.5,
		christmas: 1.3, campaign: 3, joinedBefore: 0.85, joinedFrom: 0,
		weekday:  shares(2, 4, 3.5, 2.5, 2, 3, 2.5),
		daypart:  shares(3, 3, 3, 3, 2),
		channel:  shares(2, 4, 2, 5),
		category: shares(3, 3, 2, 2, 1, 3, 2, 1), habit: 7, focus: 1.3,
		lines: 1.2, discount: 0.55, returns: 0.04, views: 0.3, opens: 0.5, clicks: 0.45,
		age: shares(2, 3, 3, 2),
	},
	{
		name: "lapsing regulars", share: 0.10, trips: 0.36, tripsShape: 3.5, lapses: true,
		christmas: 1.2, campaign: 1, joinedBefore: 1, joinedFrom: 0,
		weekday:  shares(3, 3, 3, 3, 3, 4, 2),
		daypart:  shares(3, 3, 3, 4, 2),
		channel:  shares(6, 2, 2, 0.5),
		category: shares(6, 3, 2, 2, 1, 1.5, 0.7, 0.8), habit: 7, focus: 1.3,
		lines: 1.1, discount: 0.22, returns: 0.03, views: 0.15, opens: 0.25, clicks: 0.25,
		age: shares(2, 3, 2, 2),
	},
	{
		name: "new trialists", share: 0.07, trips: 0.25, tripsShape: 2.5,
		christmas: 1.3, campaign: 2, joinedBefore: 0, joinedFrom: 56,
		weekday:  shares(2, 2, 2, 2, 2.5, 4, 3),
		daypart:  shares(2, 3, 3, 3, 3),
		channel:  shares(3, 3, 4, 1.5),
		category: shares(3, 2, 2, 2, 1, 3, 1.5, 1.5), habit: 7, focus: 1.3,
		lines: 0.6, discount: 0.45, returns: 0.05, views: 0.3, opens: 0.45, clicks: 0.4,
		age: shares(4, 3, 2, 1),
	},
}

// season is the weight of week w, 0 being the week of Monday 2 October 2023.
func (s *retailSegment) season(w int) float64 {
	x := 1.0
	// Weeks 8-11: 27 November to 24 December 2023; 60-63: 25 November to 22 December 2024.
	if w >= 8 && w < 12 || w >= 60 && w < 64 {
		x *= s.christmas
	}
	for _, c := range retailCampaigns {
		if w == c {
			x *= s.campaign
		}
	}
	return x
}
