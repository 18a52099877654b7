package load

import (
	"strings"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	const day = "2006-01-02"
	for _, c := range []struct {
		s             string
		dmy, mdy, ymd string // UTC, "" = no date
	}{
		{"2024-03-04", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"20240304", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"2024/3/4", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"2024.03.04", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"03/04/2024", "2024-04-03", "2024-03-04", ""},
		{"3-4-2024", "2024-04-03", "2024-03-04", ""},
		{"03.04.2024", "2024-04-03", "", ""},
		{"13/04/2024", "2024-04-13", "", ""},
		{"04/13/2024", "", "2024-04-13", ""},
		{"03/04/24", "2024-04-03", "2024-03-04", "2003-04-24"},
		{"31/12/69", "2069-12-31", "", ""},
		{"31/12/70", "1970-12-31", "", ""},
		{"4 Mar 2024", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"04-Mar-24", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"March 4, 2024", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"Monday, March 4th 2024", "2024-03-04", "2024-03-04", "2024-03-04"},
		{"29.02.2024", "2024-02-29", "", ""},
		{"29.02.2023", "", "", ""},
		{"2024-02-30", "", "", ""},
		{"2024-13-01", "", "", ""},
		{"0024-01-01", "", "", ""},
		{"2204-01-01", "", "", ""},
		{"00000000", "", "", ""},
		{"0000-00-00", "", "", ""},
		{"12345678", "", "", ""},
		{"1.5", "", "", ""},
		{"1.5.2", "", "", ""},
		{"", "", "", ""},
		{"2024-03", "", "", ""},
		{"2024-03-04x", "", "", ""},
		{"2024-03/04", "", "", ""},
		{"10:30:00", "", "", ""},
		{"85123A", "", "", ""},
	} {
		for o, want := range []string{c.dmy, c.mdy, c.ymd} {
			st, ok := parseDate(c.s, dateOrder(o))
			got := ""
			if ok {
				us, _ := st.wall(time.UTC)
				got = time.UnixMicro(us).UTC().Format(day)
			}
			if got != want {
				t.Errorf("%q %v: %q, want %q", c.s, dateOrder(o), got, want)
			}
		}
	}
}

func TestParseInstant(t *testing.T) {
	for s, want := range map[string]string{
		"2010-12-01 08:26:00":           "2010-12-01T08:26:00Z",
		"2010-12-01T08:26:00Z":          "2010-12-01T08:26:00Z",
		"2010-12-01 08:26":              "2010-12-01T08:26:00Z",
		"2010-12-01 08:26:00.250":       "2010-12-01T08:26:00.25Z",
		"2010-12-01 08:26:00.123456789": "2010-12-01T08:26:00.123456Z",
		"2010-12-01T08:26:00+02:00":     "2010-12-01T06:26:00Z",
		"2010-12-01 08:26:00-0530":      "2010-12-01T13:56:00Z",
		"2010-12-01 08:26:00 UTC":       "2010-12-01T08:26:00Z",
		"01/12/2010 8:26":               "2010-12-01T08:26:00Z",
		"01.12.2010 20:26":              "2010-12-01T20:26:00Z",
		"1/12/2010 12:05 AM":            "2010-12-01T00:05:00Z",
		"1/12/2010 12:05 p.m.":          "2010-12-01T12:05:00Z",
		"1/12/2010, 8:05 PM":            "2010-12-01T20:05:00Z",
		"20101201 08:26:00":             "2010-12-01T08:26:00Z",
		"20101201082600":                "2010-12-01T08:26:00Z",
		"1704067200":                    "2024-01-01T00:00:00Z",
		"1704067200500":                 "2024-01-01T00:00:00.5Z",
		"1704067200500123":              "2024-01-01T00:00:00.500123Z",
		"2010-12-01 24:00:00":           "",
		"2010-12-01 08:60:00":           "",
		"2010-12-01 13:05 PM":           "",
		"2010-12-01 08:26:00 CEST":      "",
		"2010-12-01 08":                 "",
		"9999999999999":                 "",
		"999999999":                     "",
	} {
		st, ok := parseDate(s, orderDMY)
		got := ""
		if ok {
			us, _ := st.wall(time.UTC)
			got = time.UnixMicro(us).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}

// Wall clocks in a zone: the hour that spring skips does not exist.
func TestWall(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"2024-01-15 12:00:00":       "2024-01-15T11:00:00Z",
		"2024-07-15 12:00:00":       "2024-07-15T10:00:00Z",
		"2024-07-15 12:00:00+00:00": "2024-07-15T12:00:00Z",
	} {
		st, _ := parseDate(s, orderDMY)
		us, exists := st.wall(berlin)
		if got := time.UnixMicro(us).UTC().Format(time.RFC3339); got != want || !exists {
			t.Errorf("%s in Berlin is %s %v, want %s", s, got, exists, want)
		}
	}
	st, _ := parseDate("2024-03-31 02:30:00", orderDMY)
	if _, exists := st.wall(berlin); exists {
		t.Error("2024-03-31 02:30 exists in Berlin")
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2024-03-04", "03/04/24 8:05 PM", "20240304", "1704067200", "4 Mar 2024", "Monday, March 4th 2024", "2010-12-01T08:26:00+02:00", "29.02.2023"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for o := range numOrders {
			st, ok := parseDate(s, o)
			if !ok {
				continue
			}
			us, _ := st.wall(time.UTC)
			x := time.UnixMicro(us).UTC()
			if x.Year() < 1899 || x.Year() > 2101 {
				t.Fatalf("%q is in %d", s, x.Year())
			}
			if st.epoch || st.zoned {
				continue
			}
			// The day that was read is the day that comes out.
			if x.Day() != st.day || x.Month() != st.month || x.Year() != st.year {
				t.Fatalf("%q is %v, read as %d-%d-%d", s, x, st.year, st.month, st.day)
			}
			// Every number of the date stands in the text.
			if !strings.ContainsAny(s, "0123456789") {
				t.Fatalf("%q has no digit", s)
			}
		}
	})
}
