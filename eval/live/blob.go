package live

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"
)

// blobs are finished arrays by the SHA-256 of their bytes. What is kept is how to
// make one; the bytes of the last few stay as well, up to keepBytes.
type blobs struct {
	mu   sync.Mutex
	made map[string]*blob
	lru  []string // kept bytes, the oldest first
	size int
}

const keepBytes = 64 << 20

type blob struct {
	kind uint8
	make func() ([]byte, error)
	data []byte // nil = not kept
}

var errNoBlob = errors.New("no such array: ask for the set or the run first")

// add takes an array in and returns its address.
func (b *blobs) add(kind uint8, data []byte, remake func() ([]byte, error)) string {
	sum := sha256.Sum256(data)
	h := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == nil {
		b.made = map[string]*blob{}
	}
	if b.made[h] == nil {
		b.made[h] = &blob{kind: kind, make: remake}
	}
	b.keep(h, data)
	return h
}

func (b *blobs) keep(h string, data []byte) {
	if b.made[h].data != nil || len(data) > keepBytes/2 {
		return
	}
	b.made[h].data = data
	b.lru = append(b.lru, h)
	for b.size += len(data); b.size > keepBytes; b.lru = b.lru[1:] {
		old := b.made[b.lru[0]]
		b.size -= len(old.data)
		old.data = nil
	}
}

// get returns the bytes at an address.
func (b *blobs) get(h string) ([]byte, uint8, error) {
	b.mu.Lock()
	x := b.made[h]
	if x == nil {
		b.mu.Unlock()
		return nil, 0, errNoBlob
	}
	data, kind := x.data, x.kind
	b.mu.Unlock()
	if data != nil {
		return data, kind, nil
	}
	data, err := x.make()
	if err != nil {
		return nil, 0, err
	}
	b.mu.Lock()
	b.keep(h, data)
	b.mu.Unlock()
	return data, kind, nil
}

// stream answers get.
func (b *blobs) stream(r request) (*stream, error) {
	data, kind, err := b.get(r.Blob)
	if err != nil {
		return nil, err
	}
	at := int(r.Off) * width(kind)
	if kind == kindText || at > len(data) {
		return nil, errors.New("that array has no such part")
	}
	return &stream{id: r.ID, kind: kind, data: data, at: at}, nil
}

// serve answers GET /blob/<sha256>. What an address names never changes.
func (b *blobs) serve(w http.ResponseWriter, r *http.Request) {
	h := r.PathValue("hash")
	data, kind, err := b.get(h)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind == kindText {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	w.Header().Set("ETag", `"`+h+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}
