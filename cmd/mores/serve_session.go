package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sessionFile keeps the secret of the cookies beside the contacts, so that who was let in
// stays so over a restart: senders go on sending and open pages go on showing. Whoever can
// read it can read the contacts as well. Without the file everybody must come in anew.
const sessionFile = "session"

// session is the secret kept in the folder, which is made if there is none; "" without a
// served model.
func (p *tracked) session() (string, error) {
	if p == nil {
		return "", nil
	}
	path := filepath.Join(p.dir, sessionFile)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fail(exitIO, "%w; delete it, and browsers are let in anew", err)
	}
	if s := strings.TrimSpace(string(b)); len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" {
		return s, nil
	}
	var key [32]byte
	rand.Read(key[:])
	s := hex.EncodeToString(key[:])
	os.Remove(path) // so that the mode is ours
	if err := os.WriteFile(path, []byte(s+"\n"), 0o600); err != nil {
		return "", fail(exitIO, "%w", err)
	}
	return s, nil
}
