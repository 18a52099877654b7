// Package npy reads and writes NumPy's .npy files: little-endian f4, f8, i4, i8
// and u2, one or two dimensions, C order.
//
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Array is a read array: its shape and its values as float64.
type Array struct {
	Shape []int
	Data  []float64
}

var (
	descrRe = regexp.MustCompile(`'descr':\s*'([<|=]?[a-z][0-9]+)'`)
	orderRe = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	shapeRe = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
)

// MaxValues bounds what Read accepts: 2³¹ values.
const MaxValues = 1 << 31

// Reader reads an array piece by piece.
type Reader struct {
	Shape []int
	r     io.Reader
	n     int // values
	left  int
	size  int // bytes of a value
	get   func(b []byte) float64
	buf   []byte
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	var pre [8]byte
	if _, err := io.ReadFull(r, pre[:]); err != nil || string(pre[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("not an npy file: it does not begin with \\x93NUMPY")
	}
	var hlen int
	if pre[6] == 1 {
		var b [2]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, fmt.Errorf("npy header: %w", err)
		}
		hlen = int(binary.LittleEndian.Uint16(b[:]))
	} else {
		var b [4]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, fmt.Errorf("npy header: %w", err)
		}
		hlen = int(binary.LittleEndian.Uint32(b[:]))
	}
	if hlen > 1<<20 {
		return nil, fmt.Errorf("npy header of %d bytes", hlen)
	}
	head := make([]byte, hlen)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("npy header: %w", err)
	}
	d, o, s := descrRe.FindSubmatch(head), orderRe.FindSubmatch(head), shapeRe.FindSubmatch(head)
	if d == nil || o == nil || s == nil {
		return nil, fmt.Errorf("npy header %q: no plain descr, fortran_order and shape", head)
	}
	a := &Reader{r: r}
	n := 1
	for f := range strings.SplitSeq(string(s[1]), ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		v, err := strconv.Atoi(f)
		if err != nil || v < 0 || v > 0 && n > MaxValues/v {
			return nil, fmt.Errorf("npy shape (%s) is too large", s[1])
		}
		a.Shape = append(a.Shape, v)
		n *= v
	}
	if string(o[1]) == "True" && len(a.Shape) > 1 {
		return nil, fmt.Errorf("npy array in Fortran order: save numpy.ascontiguousarray(a)")
	}
	switch strings.TrimLeft(string(d[1]), "<=") {
	case "f8":
		a.size, a.get = 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
	case "f4":
		a.size, a.get = 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case "i8":
		a.size, a.get = 8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }
	case "i4":
		a.size, a.get = 4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }
	case "u2":
		a.size, a.get = 2, func(b []byte) float64 { return float64(binary.LittleEndian.Uint16(b)) }
	default:
		return nil, fmt.Errorf("npy type %s: f4, f8, i4, i8 and u2 are read; save a.astype('<f8')", d[1])
	}
	a.n, a.left = n, n
	a.buf = make([]byte, 1<<16/a.size*a.size)
	return a, nil
}

// Read fills dst with the next values and returns how many there were: fewer than
// len(dst) at the end only, and io.EOF after it.
func (a *Reader) Read(dst []float64) (int, error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	dst = dst[:min(len(dst), a.left)]
	for at := 0; at < len(dst); {
		b := a.buf[:min((len(dst)-at)*a.size, len(a.buf))]
		if _, err := io.ReadFull(a.r, b); err != nil {
			return at, fmt.Errorf("npy file ends after %d of %d values", a.n-a.left, a.n)
		}
		for i := 0; i < len(b); i += a.size {
			dst[at] = a.get(b[i:])
			at++
		}
		a.left -= len(b) / a.size
	}
	return len(dst), nil
}

// Read reads one array.
func Read(r io.Reader) (*Array, error) {
	rd, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	a := &Array{Shape: rd.Shape}
	buf := make([]float64, 1<<13)
	for {
		n, err := rd.Read(buf)
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		a.Data = append(a.Data, buf[:n]...)
	}
}

// Number is a type that Write can write.
type Number interface {
	float64 | float32 | int32 | int64 | uint16
}

// Write writes data with that shape.
func Write[T Number](w io.Writer, data []T, shape ...int) error {
	var descr string
	var zero T
	switch any(zero).(type) {
	case float64:
		descr = "<f8"
	case float32:
		descr = "<f4"
	case int32:
		descr = "<i4"
	case int64:
		descr = "<i8"
	case uint16:
		descr = "<u2"
	}
	n := 1
	dims := ""
	for _, s := range shape {
		n *= s
		dims += fmt.Sprintf("%d, ", s)
	}
	if n != len(data) {
		panic("npy: shape does not match the data")
	}
	if len(shape) > 1 {
		dims = strings.TrimSuffix(dims, ", ")
	} else {
		dims = strings.TrimSuffix(dims, " ")
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims)
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(head)))
	b.WriteString(head)
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}
