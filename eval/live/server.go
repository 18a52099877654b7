package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mores-lab/mores/eval/study"
)

// Options of a Server. The zero value serves the loopback interface with a random
// token.
type Options struct {
	// AllowHosts lists what a browser may call this server besides 127.0.0.1,
	// localhost and [::1]: "name:port", or "name" for the server's own port.
	AllowHosts []string
	// Token is the first one-time token; "" = 256 random bits.
	Token string
	// MaxClients bounds the open tabs; 0 = 1100. More are answered 503.
	MaxClients int
	// Session is the secret in the cookie that the one-time token buys; "" = 256 random
	// bits. With that of an earlier server on the same port its browsers stay welcome.
	Session string
	// Version is told to the page.
	Version string
}

// Server shows studies. It is safe for concurrent use.
type Server struct {
	opt     Options
	session string // the secret in the cookie
	wrong   atomic.Int64
	blobs   blobs
	mux     *http.ServeMux
	track   tracking // of customers; empty = none

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup // feeds and clients

	mu      sync.RWMutex
	token   string // the one-time token; "" = spent
	addr    string
	http    *http.Server
	feeds   []*feed
	clients map[*client]struct{}
	list    uint64 // version of the list of studies
	closed  bool
}

// New returns a server without studies that does not listen yet.
func New(opt Options) *Server {
	if opt.MaxClients == 0 {
		opt.MaxClients = 1100
	}
	if opt.Token == "" {
		opt.Token = secret()
	}
	if opt.Session == "" {
		opt.Session = secret()
	}
	s := &Server{opt: opt, token: opt.Token, session: opt.Session, clients: map[*client]struct{}{}}
	s.mux = s.routes()
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// secret returns 256 random bits as text.
func secret() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Add shows a study under that name and follows it until Shutdown. A study of the
// same name is replaced.
func (s *Server) Add(name string, r study.Reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	f := newFeed(s, name, r)
	for i, o := range s.feeds {
		if o.name == name {
			o.stop()
			s.feeds[i] = f
			f = nil
			break
		}
	}
	if f != nil {
		s.feeds = append(s.feeds, f)
	}
	s.list++
	for _, f := range s.feeds {
		if !f.started {
			f.started = true
			s.wg.Go(f.follow)
		}
	}
}

// Progress tells what happens inside a run of that study. The latest wins, at most
// ten times a second; nothing of it is kept.
func (s *Server) Progress(name string, p study.Progress) {
	if f := s.feed(name); f != nil {
		f.setProgress(p)
	}
}

// feed returns the study of that name, the first one for "", or nil.
func (s *Server) feed(name string) *feed {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.feeds {
		if name == "" || f.name == name {
			return f
		}
	}
	return nil
}

// wakeAll lets every client look for what is new.
func (s *Server) wakeAll() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for c := range s.clients {
		c.poke()
	}
}

// relist says that the list of studies has changed.
func (s *Server) relist() {
	s.mu.Lock()
	s.list++
	s.mu.Unlock()
	s.wakeAll()
}

// listed is the version of the list of studies.
func (s *Server) listed() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.list
}

// studies returns the list for the page, and its version.
func (s *Server) studies() ([]brief, uint64) {
	s.mu.RLock()
	feeds, v := slices.Clone(s.feeds), s.list
	s.mu.RUnlock()
	out := make([]brief, len(feeds))
	for i, f := range feeds {
		out[i] = f.brief()
	}
	return out, v
}

// Listen binds addr ("" = a free port of the loopback interface) and serves in the
// background. It returns the address to open, with its one-time token. Other
// interfaces are refused unless AllowHosts names what browsers will call them.
func (s *Server) Listen(addr string) (url string, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("address %q: %w; write it as 127.0.0.1:8080", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if loop := host == "localhost" || ip != nil && ip.IsLoopback(); !loop && len(s.opt.AllowHosts) == 0 {
		return "", fmt.Errorf("address %q can be reached from other machines: name what browsers will call it with --allow-host, or use 127.0.0.1:%s", addr, port)
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      2 * time.Minute, // a slow reader of a large array
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	s.mu.Lock()
	if s.closed || s.http != nil {
		s.mu.Unlock()
		ln.Close()
		return "", errors.New("live: Listen called twice, or after Shutdown")
	}
	s.http, s.addr = srv, ln.Addr().String()
	url = "http://" + s.addr + "/?token=" + s.token
	s.mu.Unlock()
	s.wg.Go(func() { srv.Serve(ln) })
	return url, nil
}

// Invite returns an address with a fresh one-time token, for a second browser. The
// one before it stops working. It is "" before Listen.
func (s *Server) Invite() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addr == "" {
		return ""
	}
	s.token = secret()
	return "http://" + s.addr + "/?token=" + s.token
}

// Shutdown says bye to every client and returns once all are gone, or with ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	srv := s.http
	s.mu.Unlock()
	s.stop() // feeds end; clients say bye
	var err error
	if srv != nil {
		err = srv.Shutdown(ctx)
	}
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		s.mu.RLock()
		for c := range s.clients {
			if c.conn != nil {
				c.conn.Close()
			}
		}
		s.mu.RUnlock()
		<-done
		return ctx.Err()
	}
}
