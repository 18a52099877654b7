package eval

import (
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

// clock is a circular quantity, of which columns NAME_cos and NAME_sin hold the
// mean direction times its strength.
type clock struct {
	name, sentence string
	say            func(turn float64) string // turn in [0, 1) from its zero
	word           func(turn float64) string // of a name; "" = none
	sectors        int                       // hours, days, months: where a rule may cut it
	arc            func(from, to float64) string
}

// clockStrength is the least length of a segment's mean vector, from 0 (all around
// the clock) to 1 (all at one time), at which its direction is told: about half of
// what times spread evenly over half the clock have (2/π).
const clockStrength = 0.3

var clockClocks = []clock{
	{"hour", "buys mostly around %s", clockHour, clockHourWord, 24, clockHours},
	{"campaign_hour", "opens messages mostly around %s", clockHour, nil, 24, clockHours},
	{"weekday", "buys mostly around %s", func(t float64) string { return clockDays[int(math.Round(7*t))%7] }, nil, 14, clockWeek},
	{"month_day", "buys mostly around the %s of the month", clockDate, nil, 30, clockMonth},
	{"season", "buys mostly around %s", func(t float64) string { return clockMonths[int(12*t)%12] }, nil, 12, clockYear},
}

var (
	clockDays   = [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	clockMonths = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

func clockHour(turn float64) string { return fmt.Sprintf("%d h", int(math.Round(24*turn))%24) }

// clockHourWord names the night, from 22 to 5 h, the early morning and the evening.
func clockHourWord(turn float64) string {
	switch h := 24 * turn; {
	case h >= 22 || h < 5:
		return "late-night"
	case h < 9:
		return "early-morning"
	case h >= 18:
		return "evening"
	}
	return "" // as most do
}

func clockDate(turn float64) string {
	switch d := int(30*turn) + 1; {
	case d <= 10:
		return "beginning"
	case d <= 20:
		return "middle"
	}
	return "end"
}

// clockHours, clockWeek, clockMonth and clockYear say an arc, in turns, whose end is
// not included: "from 18 to 23 h". A weekday's direction is its middle, so that the arc
// from half a day before Saturday to half a day after Sunday is "from Saturday to Sunday".
func clockHours(from, to float64) string {
	return fmt.Sprintf("from %d to %d h", int(math.Round(24*from))%24, int(math.Round(24*to))%24)
}

func clockWeek(from, to float64) string {
	first, last := int(math.Ceil(math.Round(14*from)/2))%7, (int(math.Ceil(math.Round(14*to)/2))+6)%7
	if first == last {
		return "around " + clockDays[first]
	}
	return "from " + clockDays[first] + " to " + clockDays[last]
}

func clockMonth(from, to float64) string {
	return fmt.Sprintf("from day %d to day %d", int(math.Round(30*from))+1, (int(math.Round(30*to))+29)%30+1)
}

func clockYear(from, to float64) string {
	first, last := int(math.Round(12*from))%12, (int(math.Round(12*to))+11)%12
	if first == last {
		return "in " + clockMonths[first]
	}
	return "from " + clockMonths[first] + " to " + clockMonths[last]
}

// clocks returns the circular pairs in which segment g differs from everyone else.
// The difference is that of the coordinate which tells them apart most, taken as
// positive, since the two ends of a clock are neither high nor low. A pair is left
// out where the segment keeps to no time, or to the others' as people say it.
func clocks(p *Profile, g int) []Behaviour {
	var out []Behaviour
	for _, k := range clockClocks {
		c, s := clockColumn(p, k.name+"_cos"), clockColumn(p, k.name+"_sin")
		if c < 0 || s < 0 {
			continue
		}
		cos, sin := p.Segments[g][c], p.Segments[g][s]
		j, best := c, cos
		if math.Abs(sin.SMD) > math.Abs(cos.SMD) {
			j, best = s, sin
		}
		if cos.Reason != "" || sin.Reason != "" || best.Lo <= 0 && best.Hi >= 0 || math.Hypot(cos.Mean, sin.Mean) < clockStrength {
			continue
		}
		mine := k.say(clockTurn(cos.Mean, sin.Mean))
		x, y := clockOthers(p, g, c), clockOthers(p, g, s)
		others := "at no time in particular"
		if math.Hypot(x, y) >= clockStrength {
			others = k.say(clockTurn(x, y))
		}
		if others == mine {
			continue
		}
		b := Behaviour{
			Column: p.Cols[j], Text: insert(k.sentence, mine) + " (others " + others + ")",
			SMD: best.SMD, Lo: best.Lo, Hi: best.Hi, Mean: best.Mean, Overall: p.Overall[j].Mean,
			topic: k.name, slot: when,
		}
		if b.SMD < 0 {
			b.SMD, b.Lo, b.Hi = -b.SMD, -b.Hi, -b.Lo
		}
		if k.word != nil {
			b.word = k.word(clockTurn(cos.Mean, sin.Mean))
		}
		out = append(out, b)
	}
	return out
}

// clockColumn returns the number of an angle's coordinate, −1 if it is not there.
func clockColumn(p *Profile, name string) int {
	for j, c := range p.Cols {
		if c.Kind == features.Angle && c.Name == name {
			return j
		}
	}
	return -1
}

// clockOthers is the mean of everyone else, which follows from everyone's and the
// segment's.
func clockOthers(p *Profile, g, j int) float64 {
	c, o := p.Segments[g][j], p.Overall[j]
	return (o.Mean*float64(o.N) - c.Mean*float64(c.N)) / float64(o.N-c.N)
}

// clockTurn is a direction in [0, 1).
func clockTurn(cos, sin float64) float64 {
	t := math.Atan2(sin, cos) / (2 * math.Pi)
	if t < 0 {
		t++
	}
	return t
}
