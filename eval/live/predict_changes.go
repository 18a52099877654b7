package live

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/eval/study"
)

// ChangesProtocol is the websocket sub-protocol of /ws/changes: JSON text frames from the
// server, nothing from the client.
//
//	{"t":"welcome","v":1,"seq":17}                    updates follow from 18 on
//	{"t":"u","seq":18,"u":{"customer":"c7","segment":…,"changed":true,"was":…}}
//	{"t":"gap","from":18,"to":90}                     these were missed: ask /api/customers
//	{"t":"bye","code":"shutdown","retry_after_ms":2000}
//
// Updates that change a segment only, or ?all=1: every update. ?after=SEQ goes on where a
// connection broke, as far as the server's memory reaches; numbers begin anew with the
// server.
const ChangesProtocol = "mores.changes.v1"

// keepChanges is how many updates are kept for those who read slowly.
const keepChanges = 8192

// changes numbers updates, keeps the latest, and wakes who waits for them.
type changes struct {
	mu      sync.Mutex
	ring    []changeLine // of the numbers last-len+1 … last
	last    int64
	wake    chan struct{} // closed when there is more
	sockets int
}

type changeLine struct {
	msg     []byte
	changed bool
}

type changeMessage struct {
	T   string       `json:"t"`
	Seq int64        `json:"seq"`
	U   study.Update `json:"u"`
}

type changeWelcome struct {
	T   string `json:"t"`
	V   int    `json:"v"`
	Seq int64  `json:"seq"`
}

type changeGap struct {
	T    string `json:"t"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

func (c *changes) add(us []study.Update) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range us {
		c.last++
		c.ring = append(c.ring, changeLine{encode(changeMessage{"u", c.last, u}), u.Changed})
	}
	if n := len(c.ring) - keepChanges; n > keepChanges/4 { // now and then, not for each
		c.ring = append(make([]changeLine, 0, keepChanges+keepChanges/2), c.ring[n:]...)
	}
	close(c.wake)
	c.wake = make(chan struct{})
}

// after returns what follows a number: the messages, the number reached, what was missed,
// and what tells of more.
func (c *changes) after(seq int64, all bool) (msgs [][]byte, last int64, missed int64, wake chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.last - int64(len(c.ring)) + 1
	if seq+1 < first {
		missed = first - 1
		seq = missed
	}
	for _, l := range c.ring[seq+1-first:] {
		if all || l.changed {
			msgs = append(msgs, l.msg)
		}
	}
	return msgs, c.last, missed, c.wake
}

func (s *Server) serveChanges(w http.ResponseWriter, r *http.Request) {
	p := s.tracked(w)
	if p == nil {
		return
	}
	c := &p.news
	spoken := false
	for _, proto := range websocket.Subprotocols(r) {
		spoken = spoken || proto == ChangesProtocol
	}
	if !spoken {
		http.Error(w, "this socket speaks "+ChangesProtocol+" only", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	seq, full := c.last, c.sockets >= s.opt.MaxClients
	if !full {
		c.sockets++
	}
	c.mu.Unlock()
	if full {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many open sockets: close one", http.StatusServiceUnavailable)
		return
	}
	defer func() { c.mu.Lock(); c.sockets--; c.mu.Unlock() }()
	q := r.URL.Query()
	if a := q.Get("after"); a != "" {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || n < 0 || n > seq {
			http.Error(w, "after="+strconv.Quote(a)+": a number from 0 to "+strconv.FormatInt(seq, 10), http.StatusBadRequest)
			return
		}
		seq = n
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
		return
	}
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()
	up := websocket.Upgrader{
		Subprotocols: []string{ChangesProtocol}, HandshakeTimeout: 5 * time.Second,
		ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &writeBuffers,
		CheckOrigin: func(*http.Request) bool { return true }, // the guard has compared
	}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	gone := make(chan struct{})
	go func() { // what comes is pongs and the end
		defer close(gone)
		conn.SetReadLimit(1 << 10)
		conn.SetReadDeadline(time.Now().Add(pongWithin))
		conn.SetPongHandler(func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWithin)) })
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	s.pushChanges(conn, c, seq, q.Get("all") == "1", gone)
	conn.Close() // ends the reading
	<-gone
}

// pushChanges sends until the connection or the server ends.
func (s *Server) pushChanges(conn *websocket.Conn, c *changes, seq int64, all bool, gone chan struct{}) {
	send := func(m []byte) bool {
		conn.SetWriteDeadline(time.Now().Add(writeWithin))
		return conn.WriteMessage(websocket.TextMessage, m) == nil
	}
	if !send(encode(changeWelcome{"welcome", 1, seq})) {
		return
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		from := seq + 1
		msgs, last, missed, wake := c.after(seq, all)
		if missed > 0 && !send(encode(changeGap{"gap", from, missed})) {
			return
		}
		for _, m := range msgs {
			if !send(m) {
				return // too slow, or gone
			}
		}
		seq = last
		select {
		case <-wake:
		case <-gone:
			return
		case <-s.ctx.Done():
			if send(encode(bye{"bye", "shutdown", 2000})) {
				conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, "shutdown"), time.Now().Add(time.Second))
			}
			return
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return
			}
		}
	}
}
