package figure

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// Draw draws the figure of that name from in. What cannot be drawn is an error in
// words; nothing panics.
func Draw(name string, in *Input, p Preset) (*Drawing, error) {
	f, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	return DrawWith(f.Name, f.New(), in, p)
}

// DrawWith draws by a Drawer that need not be registered, or whose options were
// changed; name is for its errors.
func DrawWith(name string, by Drawer, in *Input, p Preset) (d *Drawing, err error) {
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, fmt.Errorf("the figure %s could not be drawn: %v", name, r)
		}
	}()
	if p.Width <= 0 || p.Height <= 0 || p.Text <= 0 {
		return nil, fmt.Errorf("preset %q has no size: width, height and text must be positive", p.Name)
	}
	if d, err = by.Draw(in, p); err != nil {
		return nil, err
	}
	if s := d.survey(); len(s.missing) > 0 {
		d.Warnings = append(d.Warnings, glyphWarning(s.missing))
	}
	return d, nil
}

// survey lays the page out without painting it.
func (d *Drawing) survey() *survey {
	s := newSurvey()
	d.paint(s)
	return s
}

// paint is a figure's Paint from a function of its sheet.
func paint(p Preset, f func(s *sheet)) func(draw.Canvas) {
	return func(c draw.Canvas) { f(newSheet(c, p)) }
}
