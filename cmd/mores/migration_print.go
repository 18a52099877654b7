package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// print says what happened: in words, then the sizes over time, then the transitions of
// the last step (of each, where there are two dates), then the files.
func (c migrationCmd) print(a *app, src *migrationSource, m *eval.Migration, files []string) {
	w := a.out
	for i, lines := range sentences(src, m) {
		if i > 0 {
			fmt.Fprintln(w)
		}
		for j, s := range lines {
			if j > 0 {
				s = "  " + s
			}
			fmt.Fprintln(w, s)
		}
	}
	if c.Every != "" && c.Model == "refit" {
		moved, relabelled := 0.0, 0.0
		for _, s := range m.Steps {
			for _, f := range s.Flows {
				moved, relabelled = moved+f.Moved, relabelled+f.Relabelled
			}
		}
		if relabelled > moved {
			fmt.Fprintf(w, "\nMore were re-labelled (%.0f) than moved (%.0f): the segments found at one date are not those of the next.\n"+
				"To see what %s do and nothing else, keep the first date's segments: --model first\n", relabelled, moved, src.many)
		}
	}
	fmt.Fprintf(w, "\n%s over time (share)\n", strings.ToUpper(src.many[:1])+src.many[1:])
	head := []string{""}
	for _, d := range m.Snapshots {
		head = append(head, called(d))
	}
	var rows [][]string
	valued := true
	for k, t := range m.Tracks {
		row := []string{t.Name}
		for i, n := range t.Sizes {
			if t.At[i] < 0 {
				row = append(row, "")
				continue
			}
			cell := fmt.Sprintf("%d (%s)", n, share(n, m.Snapshots[i].Customers))
			if !src.log {
				cell += src.as(i, int(t.At[i]), k, t.Name)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	for _, d := range m.Snapshots {
		valued = valued && d.Value != nil && *d.Value > 0
	}
	a.migrationTable(head, rows)
	if valued {
		fmt.Fprintln(w, "\nValue over time (share)")
		rows = nil
		for _, t := range m.Tracks {
			row := []string{t.Name}
			for i, v := range t.Values {
				if v == nil || t.At[i] < 0 {
					row = append(row, "")
					continue
				}
				row = append(row, fmt.Sprintf("%.0f (%.1f %%)", *v, 100**v / *m.Snapshots[i].Value))
			}
			rows = append(rows, row)
		}
		a.migrationTable(head, rows)
	}
	s := &m.Steps[len(m.Steps)-1]
	fmt.Fprintf(w, "\nTransitions from %s (down) to %s (across), with the share of the row\n", called(m.Snapshots[s.From]), called(m.Snapshots[s.To]))
	rows = nil
	for i, name := range s.Table.Rows {
		row := []string{name}
		for j, n := range s.Table.Counts[i] {
			row = append(row, fmt.Sprintf("%d (%.0f %%)", n, 100*s.Table.Shares[i][j]))
		}
		rows = append(rows, row)
	}
	head = []string{""}
	for j, name := range s.Table.Cols {
		if t := s.Table.ColTracks[j]; t >= 0 {
			name = fmt.Sprintf("Segment %d", t+1) // the rows have the names
		}
		head = append(head, name)
	}
	a.migrationTable(head, rows)
	if len(m.Steps) > 1 && c.Output == "" {
		fmt.Fprintln(w, "the other steps' tables: -o DIR")
	}
	if len(files) > 0 {
		fmt.Fprintf(w, "\nwrote %s\n", list(files))
		return
	}
	fmt.Fprintln(w, "\nwho moved, the figure and all tables: -o DIR")
}

// as says what a segment is called in the study of a date, where it is another number or
// name than the one that it has here.
func (src *migrationSource) as(date, label, track int, here string) string {
	if names := src.snaps[date].Names; label < len(names) && names[label] != "" {
		if strings.HasSuffix(here, strconv.Quote(names[label])) && label == track {
			return ""
		}
		return " as " + names[label]
	}
	if label == track {
		return ""
	}
	return fmt.Sprintf(" as %d", label+1)
}

func called(d eval.MigrationDate) string {
	if d.Date != "" {
		return d.Date
	}
	return d.Name
}

// migrationTable prints a table whose header holds names, as they are.
func (a *app) migrationTable(header []string, rows [][]string) {
	(&comparison{app: a}).namedTable(header, rows)
}

// migrationFile is a table of the folder.
type migrationFile struct {
	name string
	rows [][]string
}

func (f migrationFile) write(w io.Writer) error {
	cw := csv.NewWriter(w)
	cw.WriteAll(f.rows)
	return cw.Error()
}

// migrationTables are the tables: one row a thing, long.
func migrationTables(m *eval.Migration) []migrationFile {
	segments := migrationFile{"migration.csv", [][]string{{
		"window_from", "window_to", "segment", "label_from", "label_to", "event", "before", "after", "change", "new", "left",
		"moved_in", "moved_out", "relabelled_in", "relabelled_out", "value_before", "value_after", "spread_before", "spread_after", "shift",
	}}}
	moves := migrationFile{"transitions.csv", [][]string{{"window_from", "window_to", "segment_from", "segment_to", "customers", "row_share", "value"}}}
	movers := migrationFile{"movers.csv", [][]string{{"window_from", "window_to", "id", "segment_from", "segment_to", "why"}}}
	behaviour := migrationFile{"behaviour.csv", [][]string{{"window_from", "window_to", "who", "segment_from", "segment_to", "feature", "n", "before", "after", "d", "d_lo", "d_hi", "d_stayed"}}}
	drift := migrationFile{"drift.csv", [][]string{{"window_from", "window_to", "feature", "psi", "band", "median_before", "median_after"}}}
	name := func(track int) string {
		if track < 0 {
			return "unassigned"
		}
		return m.Tracks[track].Name
	}
	label := func(l int32) string {
		if l < 0 {
			return ""
		}
		return strconv.Itoa(int(l))
	}
	maybe := func(x *float64) string {
		if x == nil {
			return ""
		}
		return float(*x)
	}
	for i := range m.Steps {
		s := &m.Steps[i]
		when := []string{called(m.Snapshots[s.From]), called(m.Snapshots[s.To])}
		add := func(f *migrationFile, cells ...string) { f.rows = append(f.rows, append(when[:2:2], cells...)) }
		events := map[int]string{}
		for _, e := range s.Events {
			for _, t := range append(e.ToTracks[:len(e.ToTracks):len(e.ToTracks)], e.FromTracks...) {
				events[t] = e.Kind
			}
		}
		for _, c := range s.Segments {
			row := []string{
				c.Name, label(c.From), label(c.To), events[c.Track], strconv.Itoa(c.Before), strconv.Itoa(c.After), strconv.Itoa(c.Change),
				float(c.New), float(c.Left), float(c.MovedIn), float(c.MovedOut), maybe(c.RelabelledIn), maybe(c.RelabelledOut), maybe(c.ValueBefore), maybe(c.ValueAfter), "", "", "",
			}
			if in := c.Inside; in != nil {
				row[15], row[16], row[17] = float(in.SpreadBefore), float(in.SpreadAfter), float(in.Shift)
				for _, b := range in.Changed {
					add(&behaviour, changeCells("segment", c.Name, c.Name, b)...)
				}
			}
			add(&segments, row...)
		}
		for _, f := range s.Flows {
			for _, b := range f.Changed {
				add(&behaviour, changeCells("movers", name(f.From), name(f.To), b)...)
			}
		}
		for _, b := range s.Entered {
			add(&behaviour, changeCells("new", "", "", b)...)
		}
		for _, b := range s.Gone {
			add(&behaviour, changeCells("left", "", "", b)...)
		}
		t := &s.Table
		for r := range t.Rows {
			for c, n := range t.Counts[r] {
				if r == len(t.Rows)-1 && c == len(t.Cols)-1 {
					continue // new and left is nobody
				}
				value := ""
				if t.Values != nil {
					value = float(t.Values[r][c])
				}
				add(&moves, t.Rows[r], t.Cols[c], strconv.Itoa(n), float(t.Shares[r][c]), value)
			}
		}
		for _, v := range s.Movers {
			from, to := name(v.FromTrack), name(v.ToTrack)
			if v.From == eval.Absent {
				from = ""
			}
			if v.To == eval.Absent {
				to = ""
			}
			add(&movers, v.ID, from, to, v.Why)
		}
		for _, d := range s.Shifts {
			add(&drift, d.Name, float(d.PSI), d.Band, float(d.Before), float(d.After))
		}
	}
	return []migrationFile{segments, moves, movers, behaviour, drift}
}

func changeCells(who, from, to string, b eval.BehaviourChange) []string {
	number := func(x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return float(x)
	}
	return []string{who, from, to, b.Column.Name, strconv.Itoa(b.N), number(b.Before), number(b.After), number(b.D), number(b.Lo), number(b.Hi), number(b.Others)}
}
