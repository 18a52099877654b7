package datasets

import "fmt"

// Kind says what a customer did (or what was done to them: campaign_sent, delivered).
type Kind uint8

// The kinds of event. A log's own words reach them through Mapping.Kinds.
const (
	Purchase Kind = iota
	Return
	View
	Search
	CartAdd
	CartRemove
	Checkout
	Wishlist
	Use
	Visit
	Rating
	SurveyAnswer
	Complaint
	Contact
	CampaignSent
	CampaignOpen
	CampaignClick
	OptOut
	Redemption
	PointsEarned
	PointsExpired
	Referral
	Delivered
	numKinds
)

var kindNames = [numKinds]string{
	"purchase", "return", "view", "search", "cart_add", "cart_remove", "checkout", "wishlist",
	"use", "visit", "rating", "survey_answer", "complaint", "contact", "campaign_sent",
	"campaign_open", "campaign_click", "opt_out", "redemption", "points_earned",
	"points_expired", "referral", "delivered",
}

// String returns the kind's name as study files and data files write it.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind returns the kind of that name.
func ParseKind(s string) (Kind, bool) {
	for i, n := range kindNames {
		if n == s {
			return Kind(i), true
		}
	}
	return 0, false
}

// KindNames lists the kinds in their fixed order.
func KindNames() []string { return kindNames[:] }

// Kinds is a set of kinds of event.
type Kinds uint32

// KindSet returns the set of those kinds.
func KindSet(kinds ...Kind) Kinds {
	var s Kinds
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

// Names lists the kinds of the set in their fixed order.
func (s Kinds) Names() []string {
	var out []string
	for i, n := range kindNames {
		if s.Has(Kind(i)) {
			out = append(out, n)
		}
	}
	return out
}
