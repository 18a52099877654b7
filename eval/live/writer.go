package live

import (
	"time"

	"github.com/gorilla/websocket"
)

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
		case <-c.gone: // dismissed, perhaps: reading ends with that
			c.mu.Lock()
			leave := c.farewell
			c.mu.Unlock()
			if leave.code != 0 {
				c.close(leave.code, leave.text)
			}
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
