package live

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxFrame    = 64 << 10 // of a client
	maxRate     = 20       // messages a second of a client, with as much again at once
	maxStreams  = 32       // arrays under way to one client
	maxReplies  = 64       // replies a client has not taken
	helloWithin = 10 * time.Second
	writeWithin = 10 * time.Second
	pingEvery   = 15 * time.Second
	pongWithin  = 2*pingEvery + 5*time.Second // two missed
)

// client is one tab: read takes requests, write alone writes.
type client struct {
	s    *Server
	conn *websocket.Conn
	wake chan struct{}
	gone chan struct{} // closed when read ends

	mu      sync.Mutex
	replies [][]byte
	want    *request // a subscription not yet answered
	streams []*stream
	farewell
	// The writer's own.
	joined   bool
	asked    string // the study's name as it was asked for
	feed     *feed
	cursor   int64 // the last number sent
	progress uint64
	list     uint64
	trouble  string
}

// farewell is why the connection is closed from here; 0 = it is not.
type farewell struct {
	code int
	text string
}

func (c *client) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// serveSocket takes a websocket over. The guard has let it through.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	spoken := false
	for _, p := range websocket.Subprotocols(r) {
		spoken = spoken || p == Protocol
	}
	if !spoken {
		http.Error(w, "this socket speaks "+Protocol+" only", http.StatusBadRequest)
		return
	}
	c := &client{s: s, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
		return
	case len(s.clients) >= s.opt.MaxClients:
		s.mu.Unlock()
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many open tabs: close one", http.StatusServiceUnavailable)
		return
	}
	s.clients[c] = struct{}{} // holds the place; conn follows before it is poked into work
	s.wg.Add(1)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.clients, c)
		s.mu.Unlock()
		s.wg.Done()
	}()
	// The guard has compared Origin and Host already. No compression: arrays of
	// floats do not shrink.
	up := websocket.Upgrader{
		Subprotocols: []string{Protocol}, HandshakeTimeout: 5 * time.Second,
		ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &writeBuffers,
		CheckOrigin: func(*http.Request) bool { return true },
	}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	s.mu.Lock()
	c.conn = conn
	s.mu.Unlock()
	defer conn.Close()
	go c.read()
	c.write()
	c.linger()
	conn.Close() // ends read
	<-c.gone
}

// linger reads on for a moment where reading has ended first: a connection that is closed
// upon unread bytes is reset, and its peer may never see why it was closed.
func (c *client) linger() {
	select {
	case <-c.gone:
	case <-time.After(lingerFor / 10): // the writer was quicker than the reader, or alone
		return
	}
	n := c.conn.NetConn()
	n.SetReadDeadline(time.Now().Add(lingerFor))
	if t, ok := n.(*net.TCPConn); ok {
		t.CloseWrite()
	}
	io.Copy(io.Discard, io.LimitReader(n, lingerBytes))
}

const (
	lingerFor   = time.Second
	lingerBytes = 4 << 20
)

var writeBuffers sync.Pool

// read takes the client's requests until the connection ends.
func (c *client) read() {
	defer close(c.gone)
	c.conn.SetReadLimit(maxFrame)
	c.conn.SetReadDeadline(time.Now().Add(helloWithin))
	greeted := false
	c.conn.SetPongHandler(func(string) error {
		if !greeted {
			return nil
		}
		return c.conn.SetReadDeadline(time.Now().Add(pongWithin))
	})
	tokens, last := float64(2*maxRate), time.Now()
	for {
		kind, b, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		now := time.Now()
		tokens = min(2*maxRate, tokens+now.Sub(last).Seconds()*maxRate)
		last = now
		if tokens--; tokens < 0 {
			c.dismiss(websocket.ClosePolicyViolation, "too many messages")
			return
		}
		if kind != websocket.TextMessage {
			c.dismiss(websocket.CloseUnsupportedData, "text only")
			return
		}
		r, err := parseRequest(b)
		switch {
		case err != nil:
			c.reply(failure{T: "err", ID: r.ID, Msg: err.Error()})
		case !greeted && r.T != "hello":
			c.dismiss(websocket.ClosePolicyViolation, "hello comes first")
			return
		default:
			greeted = true
			c.conn.SetReadDeadline(now.Add(pongWithin))
			c.handle(r)
		}
	}
}

// handle answers a request, or leaves it to the writer.
func (c *client) handle(r request) {
	switch r.T {
	case "hello", "sub":
		if c.s.feed(r.Study) == nil && r.Study != "" { // a link to one that is not served any more
			r.Study, r.Resume = "", nil
		}
		c.mu.Lock()
		c.want = &r
		c.mu.Unlock()
	case "get":
		st, err := c.s.blobs.stream(r)
		c.mu.Lock()
		full := len(c.streams) >= maxStreams
		if err == nil && !full {
			c.streams = append(c.streams, st)
		}
		c.mu.Unlock()
		switch {
		case err != nil:
			c.reply(failure{T: "err", ID: r.ID, Msg: err.Error()})
		case full:
			c.reply(failure{T: "err", ID: r.ID, Msg: "too many arrays at once"})
		}
	}
	c.poke()
}

func (c *client) reply(v any) {
	c.mu.Lock()
	if len(c.replies) < maxReplies { // who does not read needs no more of them
		c.replies = append(c.replies, encode(v))
	}
	c.mu.Unlock()
	c.poke()
}

// dismiss has the writer close the connection with that code.
func (c *client) dismiss(code int, text string) {
	c.mu.Lock()
	c.farewell = farewell{code, text}
	c.mu.Unlock()
	c.poke()
}
