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

// Read reads one array.
func Read(r io.Reader) (*Array, error) {
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
	a := &Array{}
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
	var size int
	var get func(b []byte) float64
	switch strings.TrimLeft(string(d[1]), "<=") {
	case "f8":
		size, get = 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
	case "f4":
		size, get = 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case "i8":
		size, get = 8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }
	case "i4":
		size, get = 4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }
	case "u2":
		size, get = 2, func(b []byte) float64 { return float64(binary.LittleEndian.Uint16(b)) }
	default:
		return nil, fmt.Errorf("npy type %s: f4, f8, i4, i8 and u2 are read; save a.astype('<f8')", d[1])
	}
	buf := make([]byte, 1<<16/size*size)
	for left := n; left > 0; {
		b := buf[:min(left*size, len(buf))]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, fmt.Errorf("npy file ends after %d of %d values", n-left, n)
		}
		for i := 0; i < len(b); i += size {
			a.Data = append(a.Data, get(b[i:]))
		}
		left -= len(b) / size
	}
	return a, nil
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
