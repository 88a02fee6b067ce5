package fabric

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed-e634fa49/troupe/actors"
	"github.com/seed-e634fa49/troupe/actors/msg"
)

func TestFrames(t *testing.T) {
	for _, f := range []frame{
		{kind: frameAsk, epoch: 1, id: 2, actor: "controller", name: "Heartbeat", version: 3, body: []byte("{}")},
		{kind: frameAsk, epoch: 1 << 63, id: 1<<64 - 1, body: []byte{}},
		{kind: frameAnswer, epoch: 1, id: 2, body: []byte("{}")},
		{kind: frameAnswer, body: []byte{}},
	} {
		data := f.encode()
		back, err := decodeFrame(data)
		if err != nil || !reflect.DeepEqual(f, back) {
			t.Errorf("%+v became %+v: %v", f, back, err)
		}
		head := len(data) - len(f.body)
		for n := range head {
			if _, err := decodeFrame(data[:n]); err == nil {
				t.Errorf("%+v: its first %d bytes are a frame", f, n)
			}
		}
	}
	other := (&frame{kind: frameAnswer}).encode()
	other[0]++
	if _, err := decodeFrame(other); err == nil {
		t.Error("another version was read")
	}
	if _, err := decodeFrame((&frame{kind: 3}).encode()); err == nil {
		t.Error("another kind was read")
	}
}

// What is read is what was written, nothing panics, and whatever arrives at a node does no harm there.
func FuzzFrame(f *testing.F) {
	for _, p := range portables() {
		body, err := json.Marshal(p.fresh())
		if err != nil {
			f.Fatal(err)
		}
		fr := frame{kind: frameAsk, actor: msg.ControllerName, name: p.name, version: p.version, body: body}
		f.Add(fr.encode())
	}
	f.Add((&frame{kind: frameAnswer, id: 1, body: []byte(`{"fault":{"code":0}}`)}).encode())
	f.Add((&frame{kind: frameAnswer, id: 1, body: []byte(`{"answer":[{"id":"AAAAAAAAAAAAAAAAAAAAAQ"}]}`)}).encode())
	fabric, err := New(Options{System: actors.NewSystem(actors.Options{Node: 1, Log: zerolog.Nop()}), Node: 1, Log: zerolog.Nop()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := decodeFrame(data)
		if err != nil {
			return
		}
		if !bytes.Equal(fr.encode(), data) {
			t.Errorf("%x reads as %+v", data, fr)
		}
		if kind, q, err := fabric.known.question(fr); err == nil {
			if _, err := json.Marshal(kind.reply(q, nil)); err != nil {
				t.Errorf("a %s can't be answered: %v", kind.name, err)
			}
		}
		var o outcome
		for i, p := range fabric.known.byName {
			w := waiting{kind: p, request: p.fresh()}
			w.request.Slot().Done = o.done
			if err := w.adopt(fr.body); err != nil && err.Error() == "" {
				t.Errorf("%s: an error without a text", i)
			}
		}
		fabric.hear(2, data)
	})
}
