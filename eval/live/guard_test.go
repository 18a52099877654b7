package live

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// TestMatrix is every combination of Host, Origin, token or cookie, and
// Sec-Fetch-Site, on every kind of address. A row of the table is what must hold;
// the answers follow from the rule stated here, not from the code.
func TestMatrix(t *testing.T) {
	m := study.NewMemory()
	sh := small()
	sh.all(m)
	s, base, link := serve(t, "shop", m)
	c := login(t, link)
	addr := strings.TrimPrefix(base, "http://")
	_, port, _ := strings.Cut(addr, ":")
	raw := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	cookie := cookieName(port) + "=" + s.session

	hosts := []string{addr, "localhost:" + port, "[::1]:" + port, "evil.example:" + port, "evil.example", "127.0.0.1", "127.0.0.1:1"}
	good := map[string]bool{hosts[0]: true, hosts[1]: true, hosts[2]: true}
	sites := []string{"", "none", "same-origin", "same-site", "cross-site"}
	creds := []string{"", "cookie", "wrong cookie", "wrong token"}
	paths := []string{"/", "/page/app.js", "/api/run?study=shop&run=" + sh.run(0), "/blob/" + strings.Repeat("0", 64), "/ws"}
	n := 0
	for _, path := range paths {
		for _, host := range hosts {
			for _, origin := range []string{"", "http://" + host, "http://evil.example", "http://evil.example:" + port, "null", "https://" + host} {
				for _, site := range sites {
					for _, cred := range creds {
						n++
						target := base + path
						if cred == "wrong token" {
							target += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "token=" + strings.Repeat("0", 64)
						}
						rq, _ := http.NewRequest("GET", target, nil)
						rq.Host = host
						if origin != "" {
							rq.Header.Set("Origin", origin)
						}
						if site != "" {
							rq.Header.Set("Sec-Fetch-Site", site)
						}
						switch cred {
						case "cookie":
							rq.Header.Set("Cookie", cookie)
						case "wrong cookie":
							rq.Header.Set("Cookie", cookieName(port)+"="+strings.Repeat("a", 64))
						}
						if path == "/ws" {
							for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Protocol": Protocol} {
								rq.Header.Set(k, v)
							}
						}
						s.wrong.Store(0) // the delay has its own test
						r, err := raw.Do(rq)
						if err != nil {
							t.Fatal(err)
						}
						body := ""
						if r.StatusCode != 101 {
							b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
							body = string(b)
						}
						r.Body.Close()
						want := 0
						switch {
						case !good[host], site == "cross-site" || site == "same-site", origin != "" && origin != "http://"+host:
							want = 403
						case cred != "cookie":
							want = 401
						case path == "/ws":
							want = 101
						case strings.HasPrefix(path, "/blob/"):
							want = 404
						default:
							want = 200
						}
						if r.StatusCode != want {
							t.Errorf("%s Host %s Origin %q site %q with %q: %d, want %d", path, host, origin, site, cred, r.StatusCode, want)
						}
						if want >= 401 && strings.Contains(body, "C0") || strings.Contains(body, s.session) {
							t.Errorf("%s Host %s: data in a refusal", path, host)
						}
						if r.StatusCode != 101 && (r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || r.Header.Get("Referrer-Policy") != "no-referrer") {
							t.Errorf("%s: headers missing: %v", path, r.Header)
						}
						if csp := r.Header.Get("Content-Security-Policy"); want == 200 && (!strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe")) {
							t.Errorf("%s: policy %q", path, csp)
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		rq, _ := http.NewRequest(method, base+"/", nil)
		r, err := c.Do(rq)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 405 {
			t.Errorf("%s: %s", method, r.Status)
		}
	}
}

func TestTokenWorksOnce(t *testing.T) {
	m := study.NewMemory()
	s, base, link := serve(t, "shop", m)
	if token := link[strings.Index(link, "=")+1:]; len(token) != 64 {
		t.Errorf("the token has %d characters, 64 hex digits are 256 bits", len(token))
	}
	// A prefetch must not use the token up, nor may HEAD.
	rq, _ := http.NewRequest("GET", link, nil)
	rq.Header.Set("Sec-Purpose", "prefetch")
	head, _ := http.NewRequest("HEAD", link, nil)
	for _, q := range []*http.Request{rq, head} {
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 401 {
			t.Errorf("%s %v: %s", q.Method, q.Header, r.Status)
		}
	}
	c := login(t, link)
	r, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 401 {
		t.Errorf("a used token: %s", r.Status)
	}
	for range 2 { // the browser that used it stays welcome, by either address
		for _, a := range []string{base + "/", link} {
			r, err := c.Get(a)
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode != 200 {
				t.Errorf("a reload: %s", r.Status)
			}
		}
	}
	old := link
	if again := s.Invite(); again == old {
		t.Error("an invitation repeats the token")
	} else {
		login(t, again)
	}
	for _, k := range c.Jar.Cookies(mustURL(t, base)) {
		if !strings.HasPrefix(k.Name, "mores_") {
			t.Errorf("cookie %s", k.Name)
		}
	}
	// The cookie's attributes, as sent.
	raw := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err = raw.Get(s.Invite())
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	set := r.Header.Get("Set-Cookie")
	if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Strict") || r.StatusCode != 303 || r.Header.Get("Location") != "/" {
		t.Errorf("%s, %q, to %q", r.Status, set, r.Header.Get("Location"))
	}
}

func TestGuessingIsSlow(t *testing.T) {
	_, base, _ := serve(t, "shop", study.NewMemory())
	began := time.Now()
	for i := range 11 {
		r, err := http.Get(fmt.Sprintf("%s/?token=%064x", base, i))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	if d := time.Since(began); d < time.Second {
		t.Errorf("eleven wrong tokens took %v", d)
	}
}

func TestListenRefusesTheOpenNetwork(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense"} {
		if u, err := New(Options{}).Listen(addr); err == nil {
			t.Errorf("listens on %s as %s", addr, u)
		}
	}
	s := New(Options{})
	defer s.Shutdown(context.Background())
	u, err := s.Listen(":0")
	if err != nil || !strings.HasPrefix(u, "http://127.0.0.1:") {
		t.Errorf("%s %v", u, err)
	}
}

func TestAllowHosts(t *testing.T) {
	s := New(Options{AllowHosts: []string{"box.lan", "tunnel.example:9000"}})
	for host, want := range map[string]bool{"box.lan:80": true, "box.lan": true, "box.lan:81": false, "tunnel.example:9000": true, "tunnel.example:80": false, "tunnel.example": false, "": false, "localhost": true, "localhost:80": true} {
		if got := s.allowed(host, "80"); got != want {
			t.Errorf("Host %q on port 80: %v, want %v", host, got, want)
		}
	}
	if New(Options{}).allowed("localhost:", "") {
		t.Error("a request of unknown port is let in")
	}
}

func TestSlowHandshakeIsCut(t *testing.T) {
	t.Parallel() // it waits for five seconds
	_, base, _ := serve(t, "shop", study.NewMemory())
	slow, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	began := time.Now()
	fmt.Fprintf(slow, "GET / HTTP/1.1\r\nHost: x\r\n") // and never the end
	slow.SetReadDeadline(time.Now().Add(10 * time.Second))
	io.Copy(io.Discard, slow)
	if d := time.Since(began); d > 7*time.Second {
		t.Errorf("a header without an end was waited for %v", d)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
