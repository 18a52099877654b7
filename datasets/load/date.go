package load

import (
	"strings"
	"time"
)

// dateOrder is how the three numbers of a date are read where the year does not
// come first with four digits.
type dateOrder uint8

const (
	orderDMY dateOrder = iota
	orderMDY
	orderYMD // only for years of two digits
	numOrders
)

func (o dateOrder) String() string { return [...]string{"dmy", "mdy", "ymd"}[o] }

func (o dateOrder) words() string {
	return [...]string{"day first", "month first", "year first"}[o]
}

// stamp is a parsed date or instant, as the file writes it.
type stamp struct {
	year, day     int
	month         time.Month
	micro         int64 // of the day
	clock         bool  // has a time of day
	zoned         bool  // has an offset
	offset        int   // seconds east of UTC
	short         bool  // year of two digits
	epoch         bool  // a count since 1970
	absolute      int64 // µs, if epoch
	compact       bool  // digits only: could be a number
	impossible    bool  // a date in form, but not in any calendar
	orderMattered bool
}

// wall returns the µs since 1970 of the wall clock read in zone, and whether
// that wall clock exists there.
func (s *stamp) wall(zone *time.Location) (int64, bool) {
	if s.epoch {
		return s.absolute, true
	}
	days := time.Date(s.year, s.month, s.day, 0, 0, 0, 0, time.UTC).Unix() / 86400
	us := days*86_400_000_000 + s.micro
	if s.zoned {
		return us - int64(s.offset)*1_000_000, true
	}
	if zone == nil || zone == time.UTC {
		return us, true
	}
	h := s.micro / 3_600_000_000
	t := time.Date(s.year, s.month, s.day, int(h), int(s.micro/60_000_000%60), int(s.micro/1_000_000%60), int(s.micro%1_000_000)*1000, zone)
	return t.UnixMicro(), t.Hour() == int(h)
}

// parseDate reads a date under that order. Readings: yyyymmdd, yyyymmddhhmmss,
// seconds, milliseconds or microseconds since 1970 (2001 to 2100), y-m-d, d-m-y,
// m-d-y with -, / or . between, month names; then a time of day after a blank or a
// T, AM or PM, and an offset. Days with dots are day first: no one writes m.d.y.
func parseDate(s string, order dateOrder) (st stamp, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 6 || len(s) > 40 {
		return st, false
	}
	if n := leadingDigits(s); n == len(s) {
		return parseCompact(s)
	} else if n == 8 && (s[8] == ' ' || s[8] == 'T') {
		st, ok = parseCompact(s[:8])
		return st, ok && st.clockPart(s[9:])
	}
	date, clock := s, ""
	if i := strings.IndexByte(s, ':'); i > 0 {
		j := strings.LastIndexAny(s[:i], " T")
		if j < 0 {
			return st, false
		}
		date, clock = strings.TrimSuffix(strings.TrimSpace(s[:j]), ","), s[j+1:]
	}
	var num [3]int
	var size [3]int
	var sep byte
	n, month, monthAt := 0, 0, -1
	for i := 0; i < len(date); {
		c := date[i]
		switch {
		case c >= '0' && c <= '9':
			k := leadingDigits(date[i:])
			if n == 3 || k > 4 || k == 3 {
				return st, false
			}
			for _, d := range date[i : i+k] {
				num[n] = 10*num[n] + int(d-'0')
			}
			size[n] = k
			n++
			i += k
			if rest := date[i:]; month > 0 || n == 1 {
				for _, o := range [...]string{"st", "nd", "rd", "th"} {
					if strings.HasPrefix(rest, o) {
						i += 2
						break
					}
				}
			}
		case c == '-' || c == '/' || c == '.' || c == ' ' || c == ',':
			if i == 0 || i == len(date)-1 {
				return st, false
			}
			if c != ' ' && c != ',' {
				if sep != 0 && sep != c {
					return st, false
				}
				sep = c
			}
			i++
		default:
			k := i
			for k < len(date) && (date[k]|0x20 >= 'a' && date[k]|0x20 <= 'z') {
				k++
			}
			m := monthNumber(date[i:k])
			if m == 0 && n == 0 && monthAt < 0 && isWeekday(date[i:k]) {
				i = k
				for i < len(date) && (date[i] == ',' || date[i] == ' ') {
					i++
				}
				continue
			}
			if m == 0 || month != 0 {
				return st, false
			}
			month, monthAt = m, n
			i = k
		}
	}
	var y, m, d, ySize int
	switch {
	case month > 0 && n == 2:
		m = month
		if size[0] == 4 {
			y, d, ySize = num[0], num[1], 4
		} else {
			d, y, ySize = num[0], num[1], size[1]
			if monthAt == 2 {
				return st, false
			}
		}
	case month > 0 || n != 3 || sep == 0:
		return st, false
	case size[0] == 4:
		y, m, d, ySize = num[0], num[1], num[2], 4
		if size[2] > 2 || size[1] > 2 {
			return st, false
		}
	case size[2] == 4 || size[2] == 2 || order == orderYMD && size[2] == 1:
		if size[0] > 2 || size[1] > 2 {
			return st, false
		}
		st.orderMattered = true
		switch order {
		case orderDMY:
			d, m, y, ySize = num[0], num[1], num[2], size[2]
		case orderMDY:
			if sep == '.' {
				return st, false
			}
			m, d, y, ySize = num[0], num[1], num[2], size[2]
		case orderYMD:
			if size[2] == 4 || size[0] != 2 || sep == '.' {
				return st, false
			}
			y, m, d, ySize = num[0], num[1], num[2], 2
		}
	default:
		return st, false
	}
	if ySize == 2 {
		st.short = true
		if y < 70 {
			y += 2000
		} else {
			y += 1900
		}
	} else if ySize != 4 {
		return st, false
	}
	st.year, st.month, st.day = y, time.Month(m), d
	if !st.exists() {
		st.impossible = true
		return st, false
	}
	if clock == "" {
		return st, true
	}
	return st, st.clockPart(clock)
}

// exists: a day of the calendar, in 1900 to 2100.
func (s *stamp) exists() bool {
	if s.year < 1900 || s.year > 2100 || s.month < 1 || s.month > 12 || s.day < 1 || s.day > 31 {
		return false
	}
	return s.day <= time.Date(s.year, s.month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func parseCompact(s string) (st stamp, ok bool) {
	st.compact = true
	atoi := func(s string) (n int64) {
		for i := range len(s) {
			n = 10*n + int64(s[i]-'0')
		}
		return n
	}
	switch len(s) {
	case 8, 14:
		st.year, st.month, st.day = int(atoi(s[:4])), time.Month(atoi(s[4:6])), int(atoi(s[6:8]))
		if !st.exists() {
			st.impossible = true
			return st, false
		}
		if len(s) == 14 {
			h, m, sec := atoi(s[8:10]), atoi(s[10:12]), atoi(s[12:14])
			if h > 23 || m > 59 || sec > 59 {
				return st, false
			}
			st.clock = true
			st.micro = (h*3600 + m*60 + sec) * 1_000_000
		}
		return st, true
	case 10, 13, 16:
		x := atoi(s)
		for range (16 - len(s)) / 3 {
			x *= 1000
		}
		st.epoch, st.clock, st.zoned, st.absolute = true, true, true, x
		return st, x >= 1_000_000_000_000_000 && x < 4_102_444_800_000_000
	}
	return st, false
}

// clockPart reads 8:26, 08:26:00.123, 8:26 pm, each with an offset behind it.
func (s *stamp) clockPart(c string) bool {
	c = strings.TrimSpace(c)
	var part [3]int
	n, i := 0, 0
	for {
		k := leadingDigits(c[i:])
		if k == 0 || k > 2 || n == 3 {
			return false
		}
		for _, d := range c[i : i+k] {
			part[n] = 10*part[n] + int(d-'0')
		}
		n++
		i += k
		if i < len(c) && c[i] == ':' {
			i++
			continue
		}
		break
	}
	var micro int64
	if i < len(c) && (c[i] == '.' || c[i] == ',') && n == 3 {
		k := leadingDigits(c[i+1:])
		if k == 0 || k > 9 {
			return false
		}
		scale := int64(100_000)
		for _, d := range c[i+1 : i+1+min(k, 6)] {
			micro += int64(d-'0') * scale
			scale /= 10
		}
		i += 1 + k
	}
	if n < 2 || part[0] > 23 || part[1] > 59 || part[2] > 59 {
		return false
	}
	rest := strings.TrimSpace(c[i:])
	up := strings.ToUpper(strings.ReplaceAll(rest, ".", ""))
	if strings.HasPrefix(up, "AM") || strings.HasPrefix(up, "PM") {
		if part[0] < 1 || part[0] > 12 {
			return false
		}
		part[0] %= 12
		if up[0] == 'P' {
			part[0] += 12
		}
		rest = strings.TrimSpace(up[2:])
	}
	s.clock = true
	s.micro = int64(part[0]*3600+part[1]*60+part[2])*1_000_000 + micro
	switch {
	case rest == "":
		return true
	case rest == "Z" || rest == "UTC" || rest == "GMT":
		s.zoned = true
		return true
	case rest[0] == '+' || rest[0] == '-':
		d := strings.ReplaceAll(rest[1:], ":", "")
		if leadingDigits(d) != len(d) || len(d) != 2 && len(d) != 4 {
			return false
		}
		h := int(d[0]-'0')*10 + int(d[1]-'0')
		m := 0
		if len(d) == 4 {
			m = int(d[2]-'0')*10 + int(d[3]-'0')
		}
		if h > 14 || m > 59 {
			return false
		}
		s.zoned, s.offset = true, h*3600+m*60
		if rest[0] == '-' {
			s.offset = -s.offset
		}
		return true
	}
	return false
}

// leadingDigits counts them.
func leadingDigits(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

func monthNumber(s string) int {
	if len(s) < 3 || len(s) > 9 {
		return 0
	}
	s = strings.ToLower(s)
	for i, m := range monthNames {
		if s == m || s == m[:3] || s == "sept" && i == 8 {
			return i + 1
		}
	}
	return 0
}

func isWeekday(s string) bool {
	s = strings.ToLower(s)
	for _, d := range [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if s == d || s == d[:3] {
			return true
		}
	}
	return false
}

// looksDate says that s is a date under some order and not merely a number.
func looksDate(s string) bool {
	for o := range numOrders {
		if st, ok := parseDate(s, o); ok && !st.compact {
			return true
		}
	}
	return false
}

// dateFit counts how the values of a column read as dates.
type dateFit struct {
	rows    int64
	fits    [numOrders]int64
	compact int64 // rows of digits only
	epoch   int64
	clock   int64 // rows with a time of day that is not midnight
	zoned   int64
	short   int64
	differ  [numOrders][numOrders]int64 // rows that two orders read differently
	example string                      // one of them
}

func (f *dateFit) add(s string, n int64) {
	f.rows += n
	if len(s) < 6 || len(s) > 40 || leadingDigits(s) == 0 && monthNumber(s[:3]) == 0 && !isWeekday(s[:3]) {
		return
	}
	var st [numOrders]stamp
	var ok [numOrders]bool
	any := -1
	for o := range numOrders {
		st[o], ok[o] = parseDate(s, o)
		if ok[o] {
			f.fits[o] += n
			if any < 0 {
				any = int(o)
			}
			if !st[o].orderMattered {
				for p := o + 1; p < numOrders; p++ {
					st[p], ok[p] = st[o], true
					f.fits[p] += n
				}
				break
			}
		}
	}
	if any < 0 {
		return
	}
	a := &st[any]
	if a.compact {
		f.compact += n
	}
	if a.epoch {
		f.epoch += n
	}
	if a.clock && (a.epoch || a.micro != 0) {
		f.clock += n
	}
	if a.zoned {
		f.zoned += n
	}
	if a.short {
		f.short += n
	}
	for o := range numOrders {
		for p := o + 1; p < numOrders; p++ {
			if ok[o] && ok[p] && (st[o].year != st[p].year || st[o].month != st[p].month || st[o].day != st[p].day) {
				f.differ[o][p] += n
				f.example = s
			}
		}
	}
}

// order decides: the orders that read the most rows, and if they are several and
// mean different days, all of them.
func (f *dateFit) order() []dateOrder {
	best := int64(0)
	for _, n := range f.fits {
		best = max(best, n)
	}
	var out []dateOrder
	for o, n := range f.fits {
		if n == best {
			out = append(out, dateOrder(o))
		}
	}
	if best == 0 {
		return nil
	}
	for _, o := range out[1:] {
		if f.differ[out[0]][o] > 0 {
			return out
		}
	}
	return out[:1]
}

// share is the share of rows with a value that are dates under the best order.
func (f *dateFit) share() float64 {
	best := int64(0)
	for _, n := range f.fits {
		best = max(best, n)
	}
	if f.rows == 0 {
		return 0
	}
	return float64(best) / float64(f.rows)
}
