package live

import (
	"encoding/binary"
	"math"
)

// Binary frames, little-endian: a header of 16 bytes, then count elements.
//
//	0 u8 version = 1 | 1 u8 kind | 2 u16 flags | 4 u32 stream | 8 u32 offset | 12 u32 count
//
// stream is the id of the get that asked; offset and count are in elements; bit 0
// of flags marks the last frame.
const (
	frameVersion = 1
	frameHeader  = 16
	frameCount   = 65536 // elements a frame
	flagLast     = 1
)

// The kinds of array.
const (
	kindXY         = 1 // f32 × 2
	kindLabels     = 2 // u16; noLabel = noise
	kindValues     = 3 // f32; NaN = missing
	kindSilhouette = 5 // i16 ÷ 32767; noSilhouette = left out
	kindOrder      = 7 // u32: the row number of each point
	kindText       = 8 // JSON: by HTTP only
)

const (
	noLabel      = 0xFFFF
	noSilhouette = math.MinInt16
)

// width is the size of an element of that kind in bytes.
func width(kind uint8) int {
	switch kind {
	case kindXY:
		return 8
	case kindLabels, kindSilhouette:
		return 2
	case kindText:
		return 1
	}
	return 4
}

// stream is an array on its way to one client.
type stream struct {
	id   uint32
	kind uint8
	data []byte
	at   int // bytes sent
}

// next returns the next frame and whether more follow. An empty array is one
// empty frame.
func (s *stream) next() (frame []byte, more bool) {
	w := width(s.kind)
	n := min(len(s.data)-s.at, frameCount*w)
	frame = make([]byte, frameHeader, frameHeader+n)
	frame[0], frame[1] = frameVersion, s.kind
	more = s.at+n < len(s.data)
	if !more {
		binary.LittleEndian.PutUint16(frame[2:], flagLast)
	}
	binary.LittleEndian.PutUint32(frame[4:], s.id)
	binary.LittleEndian.PutUint32(frame[8:], uint32(s.at/w))
	binary.LittleEndian.PutUint32(frame[12:], uint32(n/w))
	frame = append(frame, s.data[s.at:s.at+n]...)
	s.at += n
	return frame, more
}

func packXY(xy []float64, order []uint32) []byte {
	out := make([]byte, 0, 8*len(order))
	for _, i := range order {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(xy[2*i])))
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(xy[2*i+1])))
	}
	return out
}

func packLabels(labels []int32, order []uint32) []byte {
	out := make([]byte, 0, 2*len(order))
	for _, i := range order {
		v := uint16(noLabel)
		if l := labels[i]; l >= 0 && l < noLabel {
			v = uint16(l)
		}
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	return out
}

func packSilhouette(s []float32, order []uint32) []byte {
	out := make([]byte, 0, 2*len(order))
	for _, i := range order {
		v := int16(noSilhouette)
		if x := float64(s[i]); !math.IsNaN(x) {
			v = int16(math.Round(max(-1, min(1, x)) * 32767))
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(v))
	}
	return out
}

func packOrder(order []uint32) []byte {
	out := make([]byte, 0, 4*len(order))
	for _, i := range order {
		out = binary.LittleEndian.AppendUint32(out, i)
	}
	return out
}

// packColumn packs column j of a row-major matrix with d columns.
func packColumn(data []float64, d, j int, order []uint32) []byte {
	out := make([]byte, 0, 4*len(order))
	for _, i := range order {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(data[int(i)*d+j])))
	}
	return out
}
