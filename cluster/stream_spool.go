package cluster

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// streamSpool keeps labels and ids of a stream in a temporary file until the clusters can
// be numbered by size.
type streamSpool struct {
	f *os.File
	w *bufio.Writer
}

func newStreamSpool() (*streamSpool, error) {
	f, err := os.CreateTemp("", "mores-labels-")
	if err != nil {
		return nil, fmt.Errorf("labels wait in a temporary file: %w", err)
	}
	return &streamSpool{f, bufio.NewWriterSize(f, 1<<18)}, nil
}

// put writes one block: the number of rows, whether they have ids, labels, ids.
func (s *streamSpool) put(ids []string, labels []int32) error {
	var buf []byte
	buf = binary.AppendUvarint(buf, uint64(len(labels)))
	buf = binary.AppendUvarint(buf, uint64(len(ids)))
	for _, l := range labels {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(l))
	}
	for _, id := range ids {
		buf = binary.AppendUvarint(buf, uint64(len(id)))
		buf = append(buf, id...)
	}
	_, err := s.w.Write(buf)
	return err
}

// replay hands every block to do; ids is nil where there are none.
func (s *streamSpool) replay(do func(ids []string, labels []int32) error) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.f, 1<<18)
	for {
		n, err := binary.ReadUvarint(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := binary.ReadUvarint(r)
		if err != nil {
			return err
		}
		labels := make([]int32, n)
		if err := binary.Read(r, binary.LittleEndian, labels); err != nil {
			return err
		}
		var ids []string
		for range m {
			k, err := binary.ReadUvarint(r)
			if err != nil {
				return err
			}
			b := make([]byte, k)
			if _, err := io.ReadFull(r, b); err != nil {
				return err
			}
			ids = append(ids, string(b))
		}
		if err := do(ids, labels); err != nil {
			return err
		}
	}
}

func (s *streamSpool) close() {
	s.f.Close()
	os.Remove(s.f.Name())
}
