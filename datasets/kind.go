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
