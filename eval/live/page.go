package live

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed page
var page embed.FS

// file is a file of the page, ready to serve.
type file struct {
	data      []byte
	etag, typ string
}

var files = readFiles(page, "page")

// readFiles reads a folder of a page.
func readFiles(of embed.FS, dir string) map[string]file {
	entries, err := of.ReadDir(dir)
	if err != nil {
		panic("live: " + err.Error())
	}
	out := map[string]file{}
	for _, e := range entries {
		b, err := of.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic("live: " + err.Error())
		}
		out[e.Name()] = newFile(e.Name(), b)
	}
	return out
}

var fileTypes = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}

func newFile(name string, b []byte) file {
	typ := fileTypes[path.Ext(name)]
	if typ == "" {
		typ = mime.TypeByExtension(path.Ext(name))
	}
	sum := sha256.Sum256(b)
	return file{b, `"` + hex.EncodeToString(sum[:16]) + `"`, typ}
}

// ServeHTTP serves the page, its data and the socket, behind the guard.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.guard(w, r) {
		s.mux.ServeHTTP(w, r)
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveStart)
	mux.HandleFunc("GET /page/{name}", func(w http.ResponseWriter, r *http.Request) { s.serveFile(w, r, r.PathValue("name")) })
	mux.HandleFunc("GET /ws", s.serveSocket)
	mux.HandleFunc("GET /blob/{hash}", s.blobs.serve)
	mux.HandleFunc("GET /api/set", s.serveSet)
	mux.HandleFunc("GET /api/run", s.serveRun)
	mux.HandleFunc("GET /api/verdict", s.serveVerdict)
	mux.HandleFunc("POST /api/events", s.serveEvents)
	mux.HandleFunc("GET /api/customers/{id}", s.serveCustomer)
	mux.HandleFunc("GET /api/segments", s.serveSegments)
	mux.HandleFunc("GET /ws/changes", s.serveChanges)
	s.contactsRoutes(mux)
	return mux
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	writeFile(w, r, files, name)
}

func writeFile(w http.ResponseWriter, r *http.Request, of map[string]file, name string) {
	f, ok := of[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	writeOne(w, r, f)
}

func writeOne(w http.ResponseWriter, r *http.Request, f file) {
	w.Header().Set("Content-Type", f.typ)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
