package live

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mores-lab/mores/eval/study"
)

func TestArraysOverSocketAndHTTP(t *testing.T) {
	noLeaks(t)
	m, sh := study.NewMemory(), newShop(70000, 1, 1) // more than a frame
	sh.runs = sh.runs[1:3]
	sh.runs[1] = shopRun{set: 0, algorithm: "dbscan", params: `{"eps":1}`, k: 3, noise: .2}
	sh.all(m)
	_, base, link := serve(t, "shop", m)
	c := login(t, link)
	x := open(t, c, base)
	defer x.ws.Close()
	x.hello("")
	x.want("snap")
	var set setAnswer
	get(t, c, base+"/api/set?"+url.Values{"study": {"shop"}, "set": {"rfm"}, "scale": {"block"}}.Encode(), &set)
	var run runAnswer
	get(t, c, base+"/api/run?study=shop&run="+sh.run(1), &run)
	if set.N != 70000 || len(set.Columns) != 4 || len(run.Cards) != 3 || run.Profile.NumNoise == 0 {
		t.Fatalf("set of %d × %d, %d cards, %d unassigned", set.N, len(set.Columns), len(run.Cards), run.Profile.NumNoise)
	}
	order := fetchBlob(t, c, base, set.Order)
	row := func(p int) int { return int(binary.LittleEndian.Uint32(order[4*p:])) }
	data, _ := m.RunData(sh.run(1))
	src := sh.sets[0]
	for name, a := range map[string]string{"xy": set.XY, "labels": run.Labels, "silhouette": run.Silhouette, "recency": set.Columns[0].Blob, "order": set.Order} {
		over, kind := x.get(9, a)
		if web := fetchBlob(t, c, base, a); string(web) != string(over) {
			t.Errorf("%s: %d bytes over the socket differ from %d over HTTP", name, len(over), len(web))
		}
		for _, p := range []int{0, 1, 65535, 65536, 69999} {
			i := row(p)
			switch kind {
			case kindXY:
				for d := range 2 {
					if v := math.Float32frombits(binary.LittleEndian.Uint32(over[8*p+4*d:])); v != float32(src.XY[2*i+d]) {
						t.Errorf("xy of row %d: %v", i, v)
					}
				}
			case kindLabels:
				if v := int16(binary.LittleEndian.Uint16(over[2*p:])); int32(v) != data.Labels[i] {
					t.Errorf("label of row %d: %d, want %d", i, v, data.Labels[i])
				}
			case kindSilhouette:
				v, want := int16(binary.LittleEndian.Uint16(over[2*p:])), float64(data.Silhouette[i])
				if math.IsNaN(want) != (v == noSilhouette) || v != noSilhouette && math.Abs(float64(v)/32767-want) > 1./32767 {
					t.Errorf("silhouette of row %d: %d, want %v", i, v, want)
				}
			case kindValues:
				if v := math.Float32frombits(binary.LittleEndian.Uint32(over[4*p:])); v != float32(src.Raw.Row(i)[0]) {
					t.Errorf("recency of row %d: %v", i, v)
				}
			}
		}
	}
	var ids []string
	if err := json.Unmarshal(fetchBlob(t, c, base, set.IDs), &ids); err != nil || ids[3] != src.Raw.IDs[row(3)] {
		t.Errorf("ids: %v", err)
	}
	// A middle part, and an unknown one.
	rq, _ := http.NewRequest("GET", base+"/blob/"+set.XY, nil)
	rq.Header.Set("Range", "bytes=8-15")
	r, err := c.Do(rq)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != 206 || len(b) != 8 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("a range of an array: %s, %d bytes, %s", r.Status, len(b), r.Header.Get("Cache-Control"))
	}
	for _, bad := range []string{"/blob/..%2f..%2fetc%2fpasswd", "/blob/" + strings.Repeat("0", 64), "/api/run?study=shop&run=../x", "/api/set?study=shop&set=..&scale=..", "/api/run?study=none&run=1", "/page/..%2fserver.go", "/page/none.js"} {
		r, err := c.Get(base + bad)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 404 {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
}

// get reads JSON from an address.
func get(t *testing.T, c *http.Client, addr string, v any) {
	t.Helper()
	r, err := c.Get(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	if r.StatusCode != 200 {
		t.Fatalf("%s: %s %s", addr, r.Status, b)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func fetchBlob(t *testing.T, c *http.Client, base, hash string) []byte {
	t.Helper()
	r, err := c.Get(base + "/blob/" + hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("%s %v", r.Status, err)
	}
	return b
}

// get fetches an array over the socket, checking every header.
func (x *tab) get(id uint32, hash string) (data []byte, kind uint8) {
	x.t.Helper()
	x.send(map[string]any{"t": "get", "id": id, "blob": hash})
	for at := uint32(0); ; {
		x.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		typ, b, err := x.ws.ReadMessage()
		if err != nil {
			x.t.Fatal(err)
		}
		if typ != websocket.BinaryMessage {
			continue
		}
		kind = b[1]
		count := binary.LittleEndian.Uint32(b[12:])
		if b[0] != frameVersion || binary.LittleEndian.Uint32(b[4:]) != id || binary.LittleEndian.Uint32(b[8:]) != at || len(b) != frameHeader+int(count)*width(kind) || count > frameCount {
			x.t.Fatalf("frame header % x with %d bytes at element %d", b[:frameHeader], len(b), at)
		}
		data = append(data, b[frameHeader:]...)
		at += count
		if binary.LittleEndian.Uint16(b[2:])&flagLast != 0 {
			return data, kind
		}
	}
}

func TestDisplayOrderIsFair(t *testing.T) {
	const n = 10000
	rng := rand.New(rand.NewPCG(2, 0))
	xy := make([]float64, 2*n)
	for i := range n { // 1 % of the points far away
		at := 0.0
		if i >= n-n/100 {
			at = 50
		}
		xy[2*i], xy[2*i+1] = at+rng.NormFloat64(), at+rng.NormFloat64()
	}
	for name, pos := range map[string][]float64{"projected": xy, "without a projection": nil} {
		order := displayOrder(pos, n)
		seen := make([]bool, n)
		for _, i := range order {
			seen[i] = true
		}
		for i, ok := range seen {
			if !ok || len(order) != n {
				t.Fatalf("%s: row %d is missing, or one is there twice", name, i)
			}
		}
	}
	order := displayOrder(xy, n)
	for _, first := range []int{500, 1000, 3000} {
		far := 0
		for _, i := range order[:first] {
			if i >= n-n/100 {
				far++
			}
		}
		if want := first / 100; far < want-2 || far > want+2 {
			t.Errorf("of the first %d points %d are of the small group, want about %d", first, far, want)
		}
	}
}
