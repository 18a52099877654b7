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

var files = func() map[string]file {
	entries, err := page.ReadDir("page")
	if err != nil {
		panic("live: " + err.Error())
	}
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}
	out := map[string]file{}
	for _, e := range entries {
		b, err := page.ReadFile("page/" + e.Name())
		if err != nil {
			panic("live: " + err.Error())
		}
		typ := types[path.Ext(e.Name())]
		if typ == "" {
			typ = mime.TypeByExtension(path.Ext(e.Name()))
		}
		sum := sha256.Sum256(b)
		out[e.Name()] = file{b, `"` + hex.EncodeToString(sum[:16]) + `"`, typ}
	}
	return out
}()

// ServeHTTP serves the page, its data and the socket, behind the guard.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.guard(w, r) {
		s.mux.ServeHTTP(w, r)
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.serveFile(w, r, "index.html") })
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
	return mux
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.typ)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
