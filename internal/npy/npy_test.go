package npy

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, []float64{1, 2.5, -3, 4, 5, 6}, 2, 3); err != nil {
		t.Fatal(err)
	}
	if (b.Len()-6*8)%64 != 0 {
		t.Errorf("header is %d bytes: the data must start at a multiple of 64", b.Len()-6*8)
	}
	a, err := Read(&b)
	if err != nil || !slices.Equal(a.Shape, []int{2, 3}) || !slices.Equal(a.Data, []float64{1, 2.5, -3, 4, 5, 6}) {
		t.Fatalf("got %v, %v", a, err)
	}
	b.Reset()
	if err := Write(&b, []int32{-1, 0, 7}, 3); err != nil {
		t.Fatal(err)
	}
	if a, err = Read(&b); err != nil || !slices.Equal(a.Data, []float64{-1, 0, 7}) || len(a.Shape) != 1 {
		t.Fatalf("got %v, %v", a, err)
	}
}

// The header as numpy 2.4 writes it for np.zeros((2,2),order='F') and a truncated file.
func TestRefuses(t *testing.T) {
	head := func(s string) string {
		s += strings.Repeat(" ", 117-len(s)) + "\n"
		return "\x93NUMPY\x01\x00v\x00" + s
	}
	for _, c := range []struct{ in, want string }{
		{"id,cluster\n", "not an npy file"},
		{head("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }"), "Fortran"},
		{head("{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }"), "type"},
		{head("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }") + "12345678", "ends after"},
		{head("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9), }"), "too large"},
	} {
		if _, err := Read(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: got %v, want %q", c.in, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	Write(&b, []float64{1, 2}, 2)
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) { Read(bytes.NewReader(in)) })
}
