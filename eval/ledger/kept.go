package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/mores-lab/mores/eval/study"
)

// keptFile holds what a judgement in progress is made of, a line each, appended as it is
// finished and removed with study_done:
//
//	{"schema":1,"key":"32 hex digits","value":…,"crc":"CRC32C of the bytes before ,\"crc\""}
//
// It is a cache and not the record: the key names everything that a value depends on, a line
// that is torn or damaged is passed over, and what is lost is computed again. So nothing is
// flushed to the disk either: a killed process loses nothing, a power cut some refits.
const keptFile = "judging.jsonl"

// keptSchema is the version of its lines; others are passed over.
const keptSchema = 1

type keptLine struct {
	Schema int             `json:"schema"`
	Key    string          `json:"key"`
	Value  json.RawMessage `json:"value"`
}

var _ study.Keeper = (*Folder)(nil)

// keeper is the writer's use of the file.
type keeper struct {
	read   bool
	values map[string]json.RawMessage // of an earlier process
	out    file
	broken bool // a write has failed: nothing more is kept
}

// Kept implements study.Keeper.
func (f *Folder) Kept(key string) json.RawMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.openKept()
	return f.kept.values[key]
}

// Keep implements study.Keeper. What cannot be written is not kept: a full disk stops the
// study where its journal is written.
func (f *Folder) Keep(key string, value json.RawMessage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.openKept()
	if f.kept.broken || f.lock == nil {
		return
	}
	line, err := sealKept(key, value)
	if err == nil && f.kept.out == nil {
		f.kept.out, err = f.disk.Append(f.keptPath())
	}
	if err == nil {
		_, err = f.kept.out.Write(line)
	}
	f.kept.broken = err != nil
}

func (f *Folder) keptPath() string { return filepath.Join(f.Dir, keptFile) }

// openKept reads the file, once.
func (f *Folder) openKept() {
	if f.kept.read || f.lock == nil {
		return
	}
	f.kept.read, f.kept.values = true, map[string]json.RawMessage{}
	data, err := os.ReadFile(f.keptPath())
	if err != nil {
		return
	}
	for line := range bytes.Lines(data) {
		if l, ok := parseKept(bytes.TrimSuffix(line, []byte("\n"))); ok {
			f.kept.values[l.Key] = l.Value
		}
	}
}

// dropKept ends keeping: the judgement is in the journal. A file that cannot be removed
// does no harm.
func (f *Folder) dropKept() {
	if f.kept.out != nil {
		f.kept.out.Close()
	}
	f.kept = keeper{read: true}
	os.Remove(f.keptPath())
}

// keptCRC is what stands between the bytes that are covered and the checksum.
const keptCRC = `,"crc":"`

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealKept begins with a newline, lest it be joined to a line that was cut off.
func sealKept(key string, value json.RawMessage) ([]byte, error) {
	b, err := json.Marshal(keptLine{keptSchema, key, value})
	if err != nil {
		return nil, err
	}
	b = b[:len(b)-1]
	return fmt.Appendf([]byte{'\n'}, "%s%s%08x\"}\n", b, keptCRC, crc32.Checksum(b, castagnoli)), nil
}

func parseKept(line []byte) (l keptLine, ok bool) {
	at := bytes.LastIndex(line, []byte(keptCRC))
	if at < 0 || string(line[at+len(keptCRC):]) != fmt.Sprintf("%08x\"}", crc32.Checksum(line[:at], castagnoli)) {
		return l, false
	}
	return l, json.Unmarshal(line, &l) == nil && l.Schema == keptSchema
}
