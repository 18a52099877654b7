package live

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Who gets in. Any page the user visits can send requests to the loopback
// interface, and a host name that is made to resolve to it (DNS rebinding) makes
// them look same-origin: Origin = Host holds then, and Sec-Fetch-Site is absent. So
// the Host must be on a list, and whoever asks must have come through the printed
// address, whose one-time token buys a cookie.

// guard answers what must not go on, and returns false then.
func (s *Server) guard(w http.ResponseWriter, r *http.Request) bool {
	port := localPort(r)
	host := r.Host
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	if !s.allowed(host, port) {
		refuse(w, http.StatusForbidden, "This server does not go by that name. Start it with --allow-host and the name and port that your browser shows, if you meant this.")
		return false
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws://"+host+"; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "" || site == "none" || site == "same-origin":
	case site == "same-site" && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate":
	default:
		refuse(w, http.StatusForbidden, "Another site sent you here. Paste the address into the browser yourself.")
		return false
	}
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && origins[0] != "http://"+host {
		refuse(w, http.StatusForbidden, "Requests from other origins are refused.")
		return false
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !s.posts(r) {
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "This server only shows.")
		return false
	}
	if c, err := r.Cookie(cookieName(port)); err == nil && same(c.Value, s.session) {
		if r.URL.Path == "/" && r.URL.RawQuery != "" { // the printed address, opened again
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return false
		}
		return true
	}
	if r.URL.Path == "/" && r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" && s.spend(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: cookieName(port), Value: s.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return false
	}
	if s.wrong.Add(1) > 10 { // guessing is slow
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	refuse(w, http.StatusUnauthorized, "This page opens with the address that mores printed. An address works once; the browser that used it stays welcome. For another browser, start mores again.")
	return false
}

// spend takes the one-time token; it is true for one caller.
func (s *Server) spend(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == "" || !same(token, s.token) {
		return false
	}
	s.token = ""
	return true
}

// same compares secrets in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// allowed reports whether a browser may call the server that.
func (s *Server) allowed(host, port string) bool {
	if port == "" {
		return false
	}
	for _, name := range [...]string{"127.0.0.1", "localhost", "::1"} {
		if host == net.JoinHostPort(name, port) || port == "80" && strings.Trim(host, "[]") == name {
			return true
		}
	}
	for _, name := range s.opt.AllowHosts {
		if host == name && name != "" || host == net.JoinHostPort(strings.Trim(name, "[]"), port) {
			return true
		}
	}
	return false
}

// localPort is the port the request came in by.
func localPort(r *http.Request) string {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return ""
	}
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return ""
	}
	return port
}

// cookieName carries the port: cookies are shared by all ports of a host.
func cookieName(port string) string { return "mores_" + url.PathEscape(port) }

func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	w.Write([]byte(why + "\n"))
}
