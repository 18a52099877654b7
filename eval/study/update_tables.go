package study

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// contacts.tables holds the side tables: a head, then each table's names and its columns in
// pieces, then an end.

const (
	tablesKind   = "mores tables"
	tablesSchema = 1
	tableRows    = 1 << 14 // of a piece
)

type tablesHead struct {
	Kind   string `json:"kind"`
	Schema int    `json:"schema"`
}

// tableHead comes before a table's columns.
type tableHead struct {
	Role  string            `json:"role"` // items, customers, …; "" = the end
	Name  string            `json:"name"`
	Rows  int               `json:"rows"`
	Keyed bool              `json:"keyed"`
	Cols  []tableColumnHead `json:"cols"`
}

type tableColumnHead struct {
	Name    string `json:"name"`
	Unit    string `json:"unit,omitempty"`
	Numbers bool   `json:"numbers"`
}

// sideTables are a log's, by what they are of.
func sideTables(l *datasets.Log) []struct {
	role string
	t    **datasets.Table
} {
	return []struct {
		role string
		t    **datasets.Table
	}{{"items", &l.Items}, {"customers", &l.Customers}, {"campaigns", &l.Campaigns}, {"surveys", &l.Surveys}, {"offers", &l.Offers}}
}

// writeTables keeps the side tables of a log, where it has any.
func (s *Tracking) writeTables(of *datasets.Log) (err error) {
	path := s.beside("tables")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if of == nil || len(tablesOf(of)) == 0 {
		return nil
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = writeTablesTo(w, of)
	for _, step := range []func() error{w.Flush, f.Sync} {
		if err == nil {
			err = step()
		}
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	return err
}

func tablesOf(l *datasets.Log) (roles []string) {
	for _, x := range sideTables(l) {
		if *x.t != nil {
			roles = append(roles, x.role)
		}
	}
	return roles
}

func writeTablesTo(w io.Writer, of *datasets.Log) error {
	if err := writeJSON(w, tablesHead{tablesKind, tablesSchema}); err != nil {
		return err
	}
	for _, x := range sideTables(of) {
		t := *x.t
		if t == nil {
			continue
		}
		h := tableHead{Role: x.role, Name: t.Name, Rows: t.Rows(), Keyed: t.Keys != nil}
		for _, c := range t.Cols {
			h.Cols = append(h.Cols, tableColumnHead{c.Name, c.Unit, c.Text == nil})
		}
		if err := writeJSON(w, h); err != nil {
			return err
		}
		for lo := 0; lo < h.Rows; lo += tableRows {
			hi := min(lo+tableRows, h.Rows)
			var p packer
			if h.Keyed {
				for _, k := range t.Keys[lo:hi] {
					p.text(k)
				}
			}
			for _, c := range t.Cols {
				if c.Text != nil {
					for _, v := range c.Text[lo:hi] {
						p.text(v)
					}
					continue
				}
				for _, v := range c.Num[lo:hi] {
					p.float(v)
				}
			}
			if err := writeRecord(w, p.b); err != nil {
				return err
			}
		}
	}
	return writeJSON(w, tableHead{})
}

// readTables returns the side tables as a log without events, or nil.
func (s *Tracking) readTables() (*datasets.Log, error) {
	f, err := os.Open(s.beside("tables"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := readTablesFrom(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): restore it from a copy, or delete the folder and begin it anew with its history", f.Name(), err)
	}
	return l, nil
}

func readTablesFrom(r io.Reader) (*datasets.Log, error) {
	next := func(v any) error {
		b, _, err := readRecord(r, longestEntry)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(b, v)
	}
	var head tablesHead
	if err := next(&head); err != nil {
		return nil, err
	}
	if head.Kind != tablesKind || head.Schema > tablesSchema {
		return nil, fmt.Errorf("kind %q, schema %d", head.Kind, head.Schema)
	}
	l := &datasets.Log{}
	words := map[string]string{}
	word := func(b []byte) string { // attributes repeat
		w, ok := words[string(b)]
		if !ok {
			w = string(b)
			words[w] = w
		}
		return w
	}
	for {
		var h tableHead
		if err := next(&h); err != nil {
			return nil, err
		}
		if h.Role == "" {
			return l, nil
		}
		t := &datasets.Table{Name: h.Name}
		for _, c := range h.Cols {
			t.Cols = append(t.Cols, datasets.TableColumn{Name: c.Name, Unit: c.Unit})
		}
		for lo := 0; lo < h.Rows; lo += tableRows {
			b, _, err := readRecord(r, longestBlock)
			if err != nil {
				return nil, io.ErrUnexpectedEOF
			}
			u := unpacker{b: b}
			n := min(tableRows, h.Rows-lo)
			if h.Keyed {
				for range n {
					t.Keys = append(t.Keys, u.text())
				}
			}
			for j := range t.Cols {
				for range n {
					if c := &t.Cols[j]; h.Cols[j].Numbers {
						c.Num = append(c.Num, u.float())
					} else {
						c.Text = append(c.Text, word(u.bytes()))
					}
				}
			}
			if u.err != nil {
				return nil, u.err
			}
		}
		for _, x := range sideTables(l) {
			if x.role == h.Role {
				*x.t = t
			}
		}
	}
}

// lacksTables says which side tables the model reads that the folder does not have.
func (s *Tracking) lacksTables(have *datasets.Log) string {
	var lacks []string
	for _, f := range s.m.Pipeline.Extractors {
		e, err := features.Lookup(f.Name)
		if err != nil || e.Table == "" {
			continue
		}
		found := false
		if have != nil {
			for _, role := range tablesOf(have) {
				found = found || role == e.Table
			}
		}
		if !found {
			lacks = append(lacks, e.Name+" ("+e.Table+")")
		}
	}
	if lacks == nil {
		return ""
	}
	return fmt.Sprintf("%s holds no side table that the model reads: %s; its features are missing; give the history once more (--history): its tables are kept, its events are not read again", filepath.Dir(s.path), strings.Join(lacks, ", "))
}
