package report

import (
	"cmp"
	"fmt"

	"github.com/mores-lab/mores/eval"
)

// Cards describe the segments of the run that the report shows.
type Cards []Card

// Card is one segment in a few words and figures.
type Card struct {
	eval.Card
	Segment    int      // 1-based, as people count
	Silhouette *float64 // the segment's mean, where known
	Currency   string
	Unit       string // what a row of the data is; "" = customer
	Behaviours []Behaviour
	Rule       string // a sentence on who belongs and how often that is right, or why there is none
}

// Behaviour is a way in which a segment differs from the other customers.
type Behaviour struct{ eval.Behaviour }

// Difference prints the standardised difference with its interval.
func (b Behaviour) Difference() string {
	sign := ""
	if b.SMD > 0 {
		sign = "+"
	}
	return fmt.Sprintf("%s%s sd, 95 %% interval %s to %s", sign, decimals(b.SMD, 2), decimals(b.Lo, 2), decimals(b.Hi, 2))
}

// Title is the segment's number and name: "Segment 2: frequent small baskets".
func (c Card) Title() string {
	if c.Name == "" {
		return fmt.Sprintf("Segment %d", c.Segment)
	}
	return fmt.Sprintf("Segment %d: %s", c.Segment, c.Name)
}

// Facts says size and value in a sentence.
func (c Card) Facts() string {
	s := fmt.Sprintf("%s (%s)", plural(c.Size, cmp.Or(c.Unit, "customer")), percent(c.Share))
	if c.Value != nil && c.ValueShare != nil {
		s += fmt.Sprintf(", %s of revenue (%s)", money(*c.Value, c.Currency), percent(*c.ValueShare))
	}
	if c.Silhouette != nil {
		s += ", mean silhouette " + decimals(*c.Silhouette, 2)
	}
	return s + "."
}
