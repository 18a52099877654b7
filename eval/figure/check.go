package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"
)

// Check tries a figure with made-up inputs, from one segment to two hundred and
// with all that goes wrong in data, in every preset and format, and returns what it
// finds wrong: a panic, an error without words, text smaller than the preset's or
// beyond the page, two texts over each other, a file that is not well-formed or not
// the same bytes twice. It is for tests of figures, ours and others'.
func Check(f *Figure) error {
	var errs []error
	for _, p := range probes() {
		for _, preset := range Presets() {
			if err := checkOne(f, p, preset); err != nil {
				errs = append(errs, fmt.Errorf("%s, %s, %s: %w", f.Name, p.name, preset.Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

func checkOne(f *Figure, p probe, preset Preset) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panics: %v", r)
		}
	}()
	d, err := f.New().Draw(p.in, preset)
	if err != nil {
		switch m := err.Error(); {
		case p.must:
			return fmt.Errorf("refused: %w", err)
		case len(strings.Fields(m)) < 3 || strings.Contains(m, "runtime error"):
			return fmt.Errorf("an error that is no sentence: %q", m)
		}
		return nil
	}
	if err := d.checkTexts(); err != nil {
		return err
	}
	if err := d.checkLayout(); err != nil {
		return err
	}
	return d.checkFiles(p.must)
}

// checkTexts looks at what goes with the picture.
func (d *Drawing) checkTexts() error {
	for name, t := range map[string]string{"title": d.Title, "caption": d.Caption, "alt text": d.Alt} {
		switch {
		case strings.TrimSpace(t) == "":
			return fmt.Errorf("no %s", name)
		case strings.Contains(t, "NaN") || strings.Contains(t, "Inf"):
			return fmt.Errorf("the %s says %q", name, t)
		}
	}
	if len(d.Table) < 2 {
		return fmt.Errorf("the table has no rows")
	}
	for i, r := range d.Table {
		if len(r) != len(d.Table[0]) {
			return fmt.Errorf("table row %d has %d fields, the head has %d", i, len(r), len(d.Table[0]))
		}
	}
	width := 0
	if d.Rows != nil {
		for r := range d.Rows {
			if width == 0 {
				width = len(r)
			}
			if len(r) != width {
				return fmt.Errorf("a row of the long table has %d fields, its head has %d", len(r), width)
			}
		}
	}
	return WriteCSV(d, io.Discard)
}

// checkLayout looks at where text stands.
func (d *Drawing) checkLayout() error {
	s := d.survey()
	w, h := d.Preset.size()
	if s.bad != "" {
		return errors.New(s.bad)
	}
	for i := range s.texts {
		t := &s.texts[i]
		if float64(t.size) < d.Preset.Text-1e-6 {
			return fmt.Errorf("%q is set in %.2f pt; the preset's smallest is %g", t.text, float64(t.size), d.Preset.Text)
		}
		if strings.Contains(t.text, "NaN") || strings.Contains(t.text, "Inf") {
			return fmt.Errorf("%q is drawn", t.text)
		}
		for _, c := range t.corners {
			const hair = 0.05
			if c.X < -hair || c.Y < -hair || c.X > w+hair || c.Y > h+hair {
				return fmt.Errorf("%q leaves the page (%.1f, %.1f of %.1f × %.1f pt)", t.text, c.X, c.Y, w, h)
			}
		}
		for j := range i {
			if o := &s.texts[j]; t.overlaps(o) {
				return fmt.Errorf("%q lies over %q", t.text, o.text)
			}
		}
	}
	return nil
}

// checkDPI is the resolution of Check's PNGs: layout does not depend on it.
const checkDPI = 24

// checkFiles looks at the files, and if twice whether a second one is the same.
func (d *Drawing) checkFiles(twice bool) error {
	for _, format := range Formats() {
		var a, b bytes.Buffer
		if err := write(d, format, &a, checkDPI); err != nil {
			return err
		}
		if twice {
			if err := write(d, format, &b, checkDPI); err != nil {
				return err
			}
		}
		if twice && !bytes.Equal(a.Bytes(), b.Bytes()) {
			return fmt.Errorf("%s: other bytes the second time", format)
		}
		var err error
		switch format {
		case "svg":
			err = checkXML(a.Bytes())
		case "png":
			if !bytes.Contains(a.Bytes()[:64], []byte("pHYs")) {
				return errors.New("png: no resolution")
			}
			_, err = png.Decode(&a)
		case "pdf":
			if !bytes.HasPrefix(a.Bytes(), []byte("%PDF-")) {
				err = errors.New("not a PDF")
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

// checkXML reads an SVG to its end; there must be a title and nothing that acts.
func checkXML(svg []byte) error {
	d := xml.NewDecoder(bytes.NewReader(svg))
	titled := false
	for {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "title":
			titled = true
		case "script", "foreignObject", "a":
			return fmt.Errorf("an element <%s>", e.Name.Local)
		}
		for _, at := range e.Attr {
			if strings.HasPrefix(strings.ToLower(at.Name.Local), "on") || at.Name.Local == "style" {
				return fmt.Errorf("an attribute %s", at.Name.Local)
			}
		}
	}
	if !titled {
		return errors.New("no title")
	}
	if len(svg) > 1<<20 {
		return fmt.Errorf("%d bytes; more than 1 MB", len(svg))
	}
	return nil
}
