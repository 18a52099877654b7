package study

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// sumKey stands between what a model file's checksum covers and the checksum.
const sumKey = ",\n  \"sha256\": \""

// Bytes returns the model's file: JSON, one field a line, the last being the
// SHA-256 of the bytes before it.
func (m *Model) Bytes() ([]byte, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var out bytes.Buffer
	for i, f := range paramList(b) {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		fmt.Fprintf(&out, "%s\n  %q: %s", sep, f.Key, f.Value)
	}
	sum := sha256.Sum256(out.Bytes())
	out.WriteString(sumKey + hex.EncodeToString(sum[:]) + "\"\n}\n")
	return out.Bytes(), nil
}

// ReadModel reads a model file. It refuses files that are cut off or changed, and
// those of a newer schema.
func ReadModel(data []byte) (*Model, error) {
	var head struct {
		Kind   string `json:"kind"`
		Schema int    `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("model file is cut off or damaged (%d bytes): %w; copy it again, or export it again from its study", len(data), err)
	}
	if head.Kind != modelKind {
		return nil, fmt.Errorf("not a model file: its kind is %q, not %q", head.Kind, modelKind)
	}
	if head.Schema > ModelSchema {
		return nil, fmt.Errorf("model file of schema %d was written by a newer mores; this one reads up to %d: update it", head.Schema, ModelSchema)
	}
	at := bytes.LastIndex(data, []byte(sumKey))
	if at < 0 {
		return nil, fmt.Errorf("model file has no checksum: it was changed or written by another program")
	}
	sum := sha256.Sum256(data[:at])
	if rest := data[at+len(sumKey):]; !bytes.HasPrefix(rest, []byte(hex.EncodeToString(sum[:])+"\"\n}")) {
		return nil, fmt.Errorf("model file does not match its checksum: it was changed after it was written; export it again from its study")
	}
	var m Model
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if m.Pipeline == nil || m.Rule == nil || len(m.Rule.Labels) != len(m.Rule.Points) {
		return nil, fmt.Errorf("model file lacks its pipeline or its rule")
	}
	if (m.Rule.Kind == ByRules) != (m.Given != nil) {
		return nil, fmt.Errorf("model file lacks its rules")
	}
	if m.Given != nil {
		if err := m.Given.ready(m.Pipeline.Columns); err != nil {
			return nil, fmt.Errorf("model file: %w", err)
		}
	}
	return &m, nil
}
