package live

import (
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
	conn.Close() // ends read
	<-c.gone
}

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

// write sends what is due until the connection or the server ends.
func (c *client) write() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		for {
			kind, msgs, leave := c.due()
			for _, m := range msgs {
				c.conn.SetWriteDeadline(time.Now().Add(writeWithin))
				if c.conn.WriteMessage(kind, m) != nil {
					return // too slow, or gone
				}
			}
			if leave.code != 0 {
				c.close(leave.code, leave.text)
				return
			}
			if len(msgs) == 0 {
				break
			}
			if c.s.ctx.Err() != nil {
				break
			}
		}
		select {
		case <-c.gone:
			return
		case <-c.s.ctx.Done():
			c.conn.SetWriteDeadline(time.Now().Add(time.Second))
			if c.conn.WriteMessage(websocket.TextMessage, encode(bye{"bye", "shutdown", 2000})) == nil {
				c.close(websocket.CloseGoingAway, "shutdown")
			}
			return
		case <-ping.C:
			if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return
			}
		case <-c.wake:
		}
	}
}

func (c *client) close(code int, text string) {
	c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
}

// due returns what to send next: replies before the subscription's lines, these
// before progress, and one frame of an array last, so that bulk never delays state.
func (c *client) due() (kind int, msgs [][]byte, leave farewell) {
	var want *request
	c.mu.Lock()
	msgs, c.replies = c.replies, nil
	leave = c.farewell
	if len(msgs) == 0 {
		want, c.want = c.want, nil
	}
	c.mu.Unlock()
	if want == nil && c.adrift() {
		want = &request{T: "sub", Study: c.asked}
	}
	switch {
	case len(msgs) > 0 || leave.code != 0:
		return websocket.TextMessage, msgs, leave
	case want != nil:
		return websocket.TextMessage, c.join(want), leave
	case c.joined:
		if msgs = c.news(); len(msgs) > 0 {
			return websocket.TextMessage, msgs, leave
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.streams) == 0 {
		return 0, nil, leave
	}
	st := c.streams[0]
	c.streams = c.streams[1:]
	frame, more := st.next()
	if more {
		c.streams = append(c.streams, st)
	}
	return websocket.BinaryMessage, [][]byte{frame}, leave
}

// adrift reports whether the study must be joined anew: it has come up since, or
// was replaced by another of its name.
func (c *client) adrift() bool {
	if !c.joined || c.s.ctx.Err() != nil {
		return false
	}
	return c.feed == nil && c.s.feed(c.asked) != nil || c.feed != nil && c.feed.ctx.Err() != nil && c.s.feed(c.asked) != c.feed
}

// join answers hello and sub.
func (c *client) join(r *request) [][]byte {
	c.joined, c.asked = true, r.Study
	c.feed = c.s.feed(r.Study)
	list, v := c.s.studies()
	c.list, c.progress, c.trouble = v, 0, ""
	w := welcome{T: "welcome", V: 1, Studies: list, Metrics: metrics(), Baselines: baselines(), Server: c.s.opt.Version}
	if c.feed == nil { // none yet
		return [][]byte{encode(w)}
	}
	msgs, last, resumed := c.feed.join(r.Resume)
	w.Study, w.Epoch, w.Seq, w.Resumed = c.feed.name, c.feed.epoch, last, resumed
	if !resumed {
		msgs, c.cursor = c.feed.snapshot()
	} else {
		c.cursor = last
	}
	return append([][]byte{encode(w)}, msgs...)
}

// news returns what the subscription has that the client has not.
func (c *client) news() [][]byte {
	if v := c.s.listed(); v != c.list {
		list, v := c.s.studies()
		c.list = v
		return [][]byte{encode(listing{"studies", list})}
	}
	if c.feed == nil {
		return nil
	}
	msgs, last, behind := c.feed.since(c.cursor)
	if behind {
		from := c.cursor
		msgs, c.cursor = c.feed.snapshot()
		return append([][]byte{encode(gap{"gap", c.feed.name, from, c.cursor})}, msgs...)
	}
	c.cursor = last
	p, v, trouble := c.feed.latest(c.progress)
	if p != nil {
		msgs, c.progress = append(msgs, p), v
	}
	if trouble != c.trouble {
		c.trouble = trouble
		if trouble != "" {
			msgs = append(msgs, encode(failure{T: "err", Msg: "the journal cannot be read: " + trouble}))
		}
	}
	return msgs
}
